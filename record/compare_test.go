package record

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
)

// run makes a record of one test whose steps are given as bodies between their start and end.
func run(t *testing.T, steps ...[]event.Body) *Record {
	t.Helper()
	return record(t, runEvents(1, "T", steps...))
}

func runEvents(number int, name string, steps ...[]event.Body) []event.Event {
	tape := (&tape{}).at(number, 0).add(0, event.TestStarted{Name: name, File: "a.json", Steps: len(steps)})
	for i, bodies := range steps {
		tape.add(i+1, bodies...)
	}
	tape.add(0, event.TestFinished{Outcome: event.Passed})
	return tape.at(0, 0).add(0, event.RunFinished{Outcome: event.Passed}).events
}

func step(note string, bodies ...event.Body) []event.Body {
	all := append([]event.Body{request(note)}, bodies...)
	if _, ends := all[len(all)-1].(event.StepFinished); !ends {
		all = append(all, passed())
	}
	return all
}

func compare(t *testing.T, a, b *Record) Comparison {
	t.Helper()
	c, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func text(t *testing.T, c Comparison) string {
	t.Helper()
	var out strings.Builder
	if err := c.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func took(e event.Exchanged, d time.Duration) event.Exchanged {
	e.Timings.Total = d
	return e
}

func TestARunIsTheSameAsItself(t *testing.T) {
	t.Parallel()
	c := compare(t, record(t, sample()), record(t, sample()))
	if !c.Same() || c.Steps != 6 { // five, and one in the subtest
		t.Errorf("got %+v", c)
	}
	if got := text(t, c); got != "A 20260304-120000-000\nB 20260304-120000-000\n\nno difference in 6 steps\n" {
		t.Errorf("got %s", got)
	}
}

func TestEachKindOfDifferenceIsFound(t *testing.T) {
	t.Parallel()
	status := func(o event.Outcome, m string) event.Asserted {
		return event.Asserted{Label: "Status", Comparison: "equal_number", Outcome: o, Message: m}
	}
	refused := event.Exchanged{Failure: &event.TransportFailure{Failure: "connect"}}
	for _, row := range []struct {
		name string
		a, b []event.Body
		want string
	}{
		{"outcome", step("x"), step("x", failed()), "passed → failed"},
		{"status", step("x", answer(200, "")), step("x", answer(401, "")), "status 200 → 401"},
		{"no answer", step("x", answer(200, "")), step("x", refused), "status 200 → no answer: connect"},
		{"not sent", step("x", answer(200, "")), step("x"), "status 200 → nothing sent"},
		{"not run", step("x", answer(200, "{}")), step("x", event.StepFinished{Outcome: event.NotRun}), "passed → not-run"},
		{"no end", step("x"), []event.Body{request("x")}, "passed → not-run"},
		{
			"a check that fails", step("x", status(event.Passed, ""), status(event.Failed, "as before")),
			step("x", status(event.Failed, "expected 200, got 401"), status(event.Failed, "as before")), "fails in B: assertion Status equal_number: as before",
		},
		{"a check that failed", step("x", status(event.Failed, "why")), step("x", status(event.Passed, "")), "failed in A only: assertion Status equal_number: why"},
		{"an extraction", step("x"), step("x", event.Extracted{Name: "id", Outcome: event.Failed, Error: "no id"}), "fails in B: variable id: no id"},
		{
			"a script", step("x"), step("x", event.Scripted{Role: "pre-request script", Row: 2, Outcome: event.Failed, Failure: &event.ScriptFailure{Message: "oh\x1b[2J"}}),
			`fails in B: script pre-request script 2: oh\x1b[2J`,
		},
		{"a problem", step("x"), step("x", event.Problem{Code: "undefined-variable", Outcome: event.Failed, Message: "no " + token.String()}), "fails in B: problem undefined-variable: no [auth]"},
		{"a comparison", step("x"), step("x", event.Compared{Error: "not a number"}), "fails in B: problem comparison: not a number"},
		{"body", step("x", answer(200, `{"id":1}`)), step("x", answer(200, `{"id":"1"}`)), "body.id number → string"},
		{"a slow answer", step("x", took(answer(200, ""), 100*time.Millisecond)), step("x", took(answer(200, ""), 250*time.Millisecond)), "time 100ms → 250ms (2.5 times as long)"},
		{"a quick answer", step("x", took(answer(200, ""), 600*time.Millisecond)), step("x", took(answer(200, ""), 100*time.Millisecond)), "time 600ms → 100ms (6.0 times as fast)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := compare(t, run(t, row.a), run(t, row.b))
			want := "\na.json  T\n   1 x: " + row.want + "\n\n1 difference in 1 step\n"
			if got := text(t, c); c.Same() || !strings.HasSuffix(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestWhatIsNoDifferenceIsNotTold(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		a, b []event.Body
	}{
		{"values", step("x", answer(200, `{"id":1}`)), step("x", answer(200, `{"id":2}`))},
		{"twice a short time", step("x", took(answer(200, ""), 10*time.Millisecond)), step("x", took(answer(200, ""), 110*time.Millisecond))},
		{"a long time and less than twice", step("x", took(answer(200, ""), time.Second)), step("x", took(answer(200, ""), 2*time.Second))},
		{"a time out of a cache", step("x", took(answer(200, ""), 0)), step("x", took(answer(200, ""), time.Second))},
		{
			"messages of checks that fail in both", step("x", event.Problem{Code: "c", Outcome: event.Failed, Message: "1"}),
			step("x", event.Problem{Code: "c", Outcome: event.Failed, Message: "2"}),
		},
		{
			"a body of which only the beginning is kept", step("x", event.Exchanged{Response: &event.Response{Body: event.Content{Text: "{", Cut: true}}}),
			step("x", event.Exchanged{Response: &event.Response{Body: event.Content{Binary: true}}}),
		},
	} {
		if c := compare(t, run(t, row.a), run(t, row.b)); !c.Same() {
			t.Errorf("%s: %s", row.name, text(t, c))
		}
	}
}

// notes makes steps that differ by their notes, one for each letter.
func notes(letters string) [][]event.Body {
	var steps [][]event.Body
	for _, l := range letters {
		steps = append(steps, step(string(l)))
	}
	return steps
}

func TestStepsAreMatchedByWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ a, b, want string }{
		{"abc", "abc", "a1-1 b2-2 c3-3"},
		{"abc", "abxc", "a1-1 b2-2 x0-3 c3-4"},
		{"abxc", "abc", "a1-1 b2-2 x3-0 c4-3"},
		{"abc", "axc", "a1-1 x2-2 c3-3"},             // changed
		{"abc", "xyz", "x1-1 y2-2 z3-3"},             // all changed
		{"abcd", "xabd", "x0-1 a1-2 b2-3 c3-0 d4-4"}, // as many as before, and moved
		{"aaa", "aaaa", "a1-1 a2-2 a3-3 a0-4"},
		{"abc", "ab", "a1-1 b2-2 c3-0"}, // cut off
		{"ab", "ba", "a1-0 b2-1 a0-2"},
		{"", "a", "a0-1"},
	} {
		var a, b viewer
		for _, e := range runEvents(1, "T", notes(row.a)...) {
			a.Write(e)
		}
		for _, e := range runEvents(1, "T", notes(row.b)...) {
			b.Write(e)
		}
		var got []string
		for _, p := range matchSteps(a.tests[0].steps, b.tests[0].steps) {
			d := compareStep(p)
			got = append(got, fmt.Sprintf("%s%d-%d", d.Note, d.A, d.B))
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s, %s: got %v, want %s", row.a, row.b, got, row.want)
		}
	}
}

func TestTenThousandStepsAreMatchedByNumberWhereNothingElseHelps(t *testing.T) {
	t.Parallel()
	many := func(note string) []*stepFacts {
		var steps []*stepFacts
		for i := range 10_000 {
			steps = append(steps, &stepFacts{StepView: StepView{Number: i + 1, Note: note}})
		}
		return steps
	}
	for i, p := range matchSteps(many("a"), many("b")) {
		if p.a.Number != i+1 || p.b.Number != i+1 {
			t.Fatalf("%d and %d are a pair", p.a.Number, p.b.Number)
		}
	}
}

func TestTestsAreMatchedByFileNameAndIteration(t *testing.T) {
	t.Parallel()
	var a, b []event.Event
	for i, name := range []string{"one", "same", "same", "gone"} {
		a = append(a, runEvents(i+1, name, step("x"))...)
	}
	for i, name := range []string{"same", "same", "one", "new"} {
		steps := step("x")
		if i == 1 {
			steps = step("x", failed())
		}
		b = append(b, runEvents(i+1, name, steps)...)
	}
	for i := range b { // as if the file had been moved
		if s, ok := b[i].Body.(event.TestStarted); ok && s.Name == "one" {
			s.File = "moved/a.json"
			b[i].Body = s
		}
	}
	c := compare(t, record(t, a), record(t, b))
	want := []TestDifference{
		{Name: "same", File: "a.json", Steps: []StepDifference{{
			A: 1, B: 1, Note: "x", Method: "GET", URL: "{{base}}/x", File: "a.json", Line: 7, Outcome: &Change{"passed", "failed"},
		}}},
		{Name: "gone", File: "a.json", OnlyIn: "A"},
		{Name: "new", File: "a.json", OnlyIn: "B"},
	}
	if diff := cmp.Diff(want, c.Tests); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTheTextOfAComparison(t *testing.T) {
	t.Parallel()
	a := runEvents(1, "Get "+token.String(), step("list", answer(200, `{"a":1}`)), step("", answer(200, "{}")))
	b := runEvents(1, "Get "+token.String(), step("new"), step("list", answer(500, `<html>`), failed()), step("", answer(200, manyKeys(20))))
	b[len(b)-2].Body = event.TestFinished{Outcome: event.Failed}
	got := text(t, compare(t, record(t, a), record(t, b[:len(b)-1])))
	want := `A 20260304-120000-000
B 20260304-120000-000  (cut off before its end)

a.json  Get [auth]
  test: passed → failed
   1 new: only in B
 1→2 list: passed → failed
 1→2 list: status 200 → 500
 1→2 list: body object → text
`
	for i := range 12 {
		want += fmt.Sprintf(" 2→3 GET {{base}}/: body.k%02d (number) only in B\n", i)
	}
	want += " 2→3 GET {{base}}/: body: 8 more\n\n25 differences in 2 steps\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func manyKeys(n int) string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf(`"k%02d":1`, i))
	}
	return "{" + strings.Join(keys, ",") + "}"
}

func TestARecordThatCannotBeReadIsNotCompared(t *testing.T) {
	t.Parallel()
	good := record(t, sample())
	bad := record(t, sample())
	bad.Events = t.TempDir()
	for _, pair := range [][2]*Record{{good, bad}, {bad, good}} {
		if _, err := Compare(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), "cannot compare run") {
			t.Errorf("got %v", err)
		}
	}
}

func TestShapesDifferInPathsAndTypes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		a, b string
		want []string // path: a → b
	}{
		{`{"a":{"b":1}}`, `{}`, []string{"a: object → "}}, // not also a.b
		{`{"l":[{"x":1}]}`, `{"l":[]}`, []string{"l: array → empty array"}},
		{`{"l":[{"x":1},{"x":"s"}]}`, `{"l":[{"x":1}]}`, []string{"l[].x: number|string → number"}},
		{`{"l":[{"x":1},null]}`, `{"l":[{"y":1}]}`, []string{"l[]: null|object → object", "l[].x: number → ", "l[].y:  → number"}},
		{`[[1],[]]`, `[[1]]`, nil},
		{`{"urn:a:2.0":{"b.c":true}}`, `{"urn:a:2.0":{"b.c":null}}`, []string{`["urn:a:2.0"]["b.c"]: boolean → null`}},
		{`{"urn:a:2.0":{"b":true}}`, `{}`, []string{`["urn:a:2.0"]: object → `}},
		{`{"a[":{"b":1}}`, `{"a[":3}`, []string{`["a["]: object → number`}},
		{`{"":1}`, `{}`, []string{`[""]: number → `}},
		{`{"a":1}`, `hello`, []string{": object → text"}},
		{`{"a":1} x`, ``, []string{": text → nothing"}},
		{`{"id":` + token.String() + `}`, `{"id":7}`, nil},
		{`{"id":"x` + token.String() + `"}`, `{"id":"7"}`, nil},
		{`{"n":1e999}`, `{"n":1}`, nil},
		{strings.Repeat("[", 9000) + strings.Repeat("]", 9000), strings.Repeat("[", 8000) + strings.Repeat("]", 8000), nil},
	} {
		shape := func(body string) shape { return shapeOf(event.Content{Text: body, Size: len(body)}) }
		var got []string
		for _, d := range compareShapes(shape(row.a), shape(row.b)) {
			got = append(got, fmt.Sprintf("%s: %s → %s", d.Path, d.A, d.B))
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%.80s, %.80s: got %q, want %q", row.a, row.b, got, row.want)
		}
	}
}

func TestARequestFromOutsideIsComparedByItsBody(t *testing.T) {
	t.Parallel()
	received := func(body string) event.Exchanged {
		return event.Exchanged{Request: event.Request{Body: event.Content{Text: body}}, Timings: exchange.Timings{Total: time.Second}}
	}
	c := compare(t, run(t, step("x", received(`{"a":1}`))), run(t, step("x", received(`{"a":"1"}`))))
	if got := text(t, c); !strings.Contains(got, "   1 x: body.a number → string\n") || len(c.Tests[0].Steps) != 1 {
		t.Errorf("got %s", got)
	}
}
