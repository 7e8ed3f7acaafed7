package runner

import (
	"strings"
	"testing"

	"offscope/event"
	"offscope/source"
)

// What cannot be put on the wire is told at the place where it stands, and check knows it before.
func TestWhatCannotBeSentIsToldWhereItStands(t *testing.T) {
	t.Parallel()
	method := func(name string) string { return strings.Replace(get(""), "GET", name, 1) }
	oauth := func(more string) string { return `"auth":{"auth_type":"oauth1",` + more + `}` }
	for _, row := range []struct {
		name, at, told string
		run            run
		uncertain      bool // only a run can tell
	}{
		{"a method", `GE T`, `method "GE T"`, run{steps: method("GE T")}, false},
		{"a method that is made", `{{m}}`, `method "GE T"`, run{steps: method("{{m}}"), vars: map[string]string{"m": "GE T"}}, true},
		{"a header's name", `X Y`, `header name "X Y"`, run{steps: get(`"headers":{"X Y":["a"]}`)}, false},
		{"a header without a name", ``, `a header has no name`, run{steps: get(`"headers":{"":["a"]}`)}, false},
		{"a header's value", `a\nb`, `header X holds a line break`, run{steps: get(`"headers":{"W":["a"],"X":["ok","a\nb"]}`)}, false},
		{"a header's value that is made", `{{v}}`, `header X holds a line break`, run{steps: get(`"headers":{"X":["{{v}}"]}`), vars: map[string]string{"v": "a\nb"}}, true},
		{"a header's control character", `a\u0001`, `header X holds a control character`, run{steps: get(`"headers":{"X":["a\u0001"]}`)}, false},
		{"a header of the environment", ``, `header X holds a line break`, run{steps: get(""), env: `headers: {X: "a\nb"}`}, false},
		{"a header that a script sets", `SERVER/x`, `header X holds a line break`, run{steps: get(`"before_scripts":["request.headers['X'] = 'a\\nb'"]`)}, true},
		{"a space in the host", `http://a b/`, `the host has a space`, run{steps: address("http://a b/")}, false},
		{"a bracket in the host", `http://[::1/echo`, ``, run{steps: address("http://[::1/echo")}, false},
		{"a large port", `http://h:99999/`, `99999`, run{steps: address("http://h:99999/")}, false},
		{"a built-in for a URL", `{{timestamp}}/x`, `no scheme`, run{steps: address("{{timestamp}}/x")}, false},
		{"an empty consumer key", `:""`, `needs a consumer_key`, run{steps: get(oauth(`"consumer_key":"","consumer_secret":"s"`))}, false},
		{"no consumer key", `"auth_type":"oauth1"`, `needs a consumer_key`, run{steps: get(oauth(`"consumer_secret":"s"`))}, false},
		{"a consumer key that is made", `{{k}}`, `needs a consumer_key`, run{steps: get(oauth(`"consumer_key":"{{k}}"`)), vars: map[string]string{"k": ""}}, true},
		{"a signature in a body that is no form", `"body"`, `needs a form`,
			run{steps: postWith(`"headers":{"Content-Type":["application/json"]},"body":"{}",` + oauth(`"consumer_key":"k","signature_type":"body"`))}, false},
		{"a token_url that is none", `nope`, `nope`, run{steps: get(`"auth":{"auth_type":"oauth2","grant_type":"client_credentials","token_url":"nope"}`)}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			out, end, seen := row.run.do(t)
			var told string
			for _, e := range out.events {
				if p, ok := e.Body.(event.Problem); ok {
					if told == "" {
						told = p.Message
					}
					if !strings.Contains(marked(p.Where), row.at) && !strings.HasPrefix(row.at, "SERVER") || p.Where.Line == 0 {
						t.Errorf("the place is %q of %v", marked(p.Where), p.Where)
					}
				}
			}
			if end.Outcome == event.Passed || seen.count() != 0 || !strings.Contains(told, row.told) || strings.Contains(told, "nonce") || strings.Contains(told, "%20") {
				t.Errorf("%s, %d requests: %s", end.Outcome, seen.count(), told)
			}
			found := Examine(row.run.plan(t, "http://127.0.0.1:1"))
			if got := codes(found, source.Error); (len(got) == 0) != row.uncertain || len(got) > 1 {
				t.Errorf("check: %v", found)
			}
		})
	}
}

// marked is the part of an excerpt that is marked.
func marked(e source.Excerpt) string {
	text := []rune(e.Text)
	from := min(max(e.Mark-1, 0), len(text))
	return string(text[from:min(from+e.Width+2, len(text))])
}

func TestWhatNeverHoldsIsTold(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name             string
		run              run
		errors, warnings string
	}{
		{"a condition that never holds", run{steps: steps(get(""), compares(condition, "1", "equal", "2", get("")))}, "", "dead-condition"},
		{"a condition that always holds", run{steps: compares(condition, "1", "equal", "1", get(""))}, "", ""},
		{"a loop that never ends well", run{steps: steps(get(""), compares(loop, "1", "equal", "2", get("")))}, "endless-loop", ""},
		{"a loop that ends at once", run{steps: compares(loop, "1", "equal", "1", get(""))}, "", ""},
		{"a loop without steps", run{steps: steps(get(""), compares(loop, "{{given}}", "equal", "2")), vars: something}, "", "empty-loop"},
		{"a loop without steps that never ends well", run{steps: steps(get(""), compares(loop, "1", "equal", "2"))}, "endless-loop", "empty-loop"},
		{"a loop in a condition that never holds", run{steps: steps(get(""), compares(condition, "1", "equal", "2", compares(loop, "1", "equal", "2", get(""))))}, "", "dead-condition endless-loop"},
		{"has_key of a status", run{steps: get(assertRow("response_status", "", "has_key", "a"))}, "comparison", ""},
		{"has_value of a time", run{steps: get(assertRow("response_time", "", "has_value", "a"))}, "comparison", ""},
		{"has_key of JSON", run{steps: get(assertRow("response_json", "", "has_key", "a"))}, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			found := Examine(row.run.plan(t, "http://127.0.0.1:1"))
			if got := strings.Join(codes(found, source.Error), " "); got != row.errors {
				t.Errorf("errors: %v", found)
			}
			if got := strings.Join(codes(found, source.Warning), " "); got != row.warnings {
				t.Errorf("warnings: %v", found)
			}
			if _, end, _ := row.run.do(t); row.errors != "" && end.Outcome == event.Passed {
				t.Error("the run passed")
			}
		})
	}
}
