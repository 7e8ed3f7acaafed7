package main

import "testing"

func TestReadsAny(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]bool{
		``:                                       false,
		`variables.set("a", variables.get('b'))`: false,
		"variables . get( \"a\" ); get_secret('k')":    false,
		`variables.set("a", 1); request.url += "?a"`:   false,
		`var v = variables; v.get("tok")`:              true,
		`variables["get"]("tok")`:                      true,
		`variables.get(name)`:                          true,
		`variables.get("to" + "k")`:                    true,
		"variables.get(`tok`)":                         true,
		`variables?.get("tok")`:                        true,
		`variables.get /* the token */ ("tok")`:        true,
		`const {get} = variables`:                      true,
		`get_secret(name)`:                             true,
		`eval("vari" + "ables.get('tok')")`:            true,
		`new Function("return 1")()`:                   true,
		`this["vari" + "ables"].get("tok")`:            true,
		`v\u0061riables.get("tok")`:                    true,
		`(function () {}).constructor("return 1")()`:   true,
		`variables.set("a", variables.get("b" + c))`:   true,
		`variables.get("a"); ["x"].map(variables.get)`: true,
		`variables.get.call(variables, "a")`:           true,
		`variables.get("a\x62")`:                       true,
	} {
		if got := readsAny([]string{script}); got != want {
			t.Errorf("readsAny(%q) = %v, want %v", script, got, want)
		}
	}
}
