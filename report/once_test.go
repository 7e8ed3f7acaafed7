package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

const noJSON = "the response body is not JSON: it looks like HTML"

func inPage(row, line int, path string) event.Asserted {
	a := missing(row, line, path, path, event.Nearest{})
	a.Nearest, a.Error = nil, noJSON
	return a
}

func TestABodyThatIsNoJSONIsToldOnce(t *testing.T) {
	t.Parallel()
	lost := event.Extracted{Row: 1, Name: "id", Source: "response_json", Outcome: event.Failed, Error: noJSON, Where: property(9, "id")}
	again := lost
	again.Row, again.Name = 2, "name"
	noted := inPage(3, 30, "c")
	noted.Remark = "a remark"
	empty := inPage(3, 30, "c")
	empty.Error = "the response body is not JSON: it is empty"
	first := "    users.json:20:23: assertion 1: body.a: was empty\n        \"property\": \"a\"\n                    ^^^\n      expected  anything but \"\" and null\n      reason    " + noJSON + "\n"
	for _, row := range []struct {
		name, want string
		found      []event.Body
	}{
		{"assertions", first + "    users.json:25:23: assertion 2: body.b: was empty\n", []event.Body{inPage(1, 20, "a"), inPage(2, 25, "b")}},
		{"variables, and an assertion behind them", "    users.json:9:23: variable 1: id: " + noJSON + "\n        \"property\": \"id\"\n                    ^^^^\n" +
			"    users.json:9:23: variable 2: name: " + noJSON + "\n    users.json:25:23: assertion 2: body.b: was empty\n", []event.Body{lost, again, inPage(2, 25, "b")}},
		{"a remark is told", first + "    users.json:30:23: assertion 3: body.c: was empty\n        \"property\": \"c\"\n                    ^^^\n      expected  anything but \"\" and null\n      reason    the same as above\n      note      a remark\n",
			[]event.Body{inPage(1, 20, "a"), noted}},
		{"another reason", first + "    users.json:30:23: assertion 3: body.c: was empty\n        \"property\": \"c\"\n                    ^^^\n      expected  anything but \"\" and null\n      reason    " + empty.Error + "\n",
			[]event.Body{inPage(1, 20, "a"), empty}},
		{"what is wrong with a value", first + "    users.json:30:20: assertion 3: body.x: 'n' was not equal to '1'\n        \"value\": \"1\"\n                 ^^^\n      expected  \"1\"\n      actual    \"n\" (string)\n",
			[]event.Body{inPage(1, 20, "a"), unequal(3, 30, "x", "1", "n", "string")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := run(1).open("t", "t.json", 1).request("List", answer("GET", "/", 200, "OK", "<html>"), failed(event.Counts{}), row.found...)
			_, below, _ := strings.Cut(draw(t, s.events, TextOptions{}), "FAIL ")
			_, below, _ = strings.Cut(below, "\n")
			got, _, _ := strings.Cut(below, "\n\n")
			if diff := cmp.Diff(strings.TrimSuffix(row.want, "\n"), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if n := strings.Count(draw(t, s.events, TextOptions{Verbosity: Headers}), "                    ^"); n < len(row.found)-1 {
				t.Errorf("with -v only %d excerpts", n)
			}
		})
	}
}

// A script that cannot even be read is told when the test is examined, and again when it should have run.
func TestAScriptThatANoticeHasToldAboutIsNotToldAgain(t *testing.T) {
	t.Parallel()
	where := at(2, "var b = ;", ";")
	notice := event.Notice{Severity: "error", Message: "initial script: syntax error at line 2", Where: where, Hint: "look there"}
	script := func(change func(*event.Scripted)) event.Scripted {
		b := event.Scripted{Role: "initial script", Row: 1, Outcome: event.Failed, Failure: &event.ScriptFailure{Failure: "syntax", Message: "syntax error at line 2", Where: where, Hint: "look there"}}
		change(&b)
		return b
	}
	warning, elsewhere := notice, notice
	warning.Severity = "warning"
	elsewhere.Where.Line = 3
	for _, row := range []struct {
		name   string
		notice event.Notice
		change func(*event.Scripted)
		times  int
	}{
		{"the same", notice, func(*event.Scripted) {}, 1},
		{"quiet hears of errors only", warning, func(*event.Scripted) {}, 2},
		{"another place", elsewhere, func(*event.Scripted) {}, 2},
		{"another hint", notice, func(b *event.Scripted) { b.Failure.Hint = "look here" }, 2},
		{"the line of the script", notice, func(b *event.Scripted) { b.Failure.Script = where }, 2},
		{"output", notice, func(b *event.Scripted) { b.Output = []event.Line{{Text: "preparing"}} }, 2},
	} {
		for _, v := range []Verbosity{Quiet, Normal, Headers} {
			s := run(1).open("t", "t.json", 1).add(row.notice, script(row.change))
			want := row.times
			if v == Quiet && row.notice.Severity != "error" {
				want = 1
			}
			if got := strings.Count(draw(t, s.events, TextOptions{Verbosity: v}), "syntax error at line 2"); got != want {
				t.Errorf("%s, verbosity %d: told %d times, want %d", row.name, v, got, want)
			}
		}
	}
}
