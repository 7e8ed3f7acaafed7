package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAScriptMayReadAnyName(t *testing.T) {
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
		r := reading{names: map[string]bool{}}
		if r.look(script, hiddenWays); r.any != want {
			t.Errorf("%q may read any name: %v, want %v", script, r.any, want)
		}
	}
}

func TestAScriptReadsTheNamesInItsCalls(t *testing.T) {
	t.Parallel()
	const script = `variables.set("a", 1); variables . get( "b" ); get_secret('c'); variables.set('d', variables.get('e'))`
	r := reading{names: map[string]bool{}}
	r.look(script, hiddenWays)
	if diff := cmp.Diff(map[string]bool{"b": true, "c": true, "e": true}, r.names); diff != "" || r.any {
		t.Errorf("any: %v, names (-want +got)\n%s", r.any, diff)
	}
}
