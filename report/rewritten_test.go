package report

import (
	"bytes"
	"strings"
	"testing"

	"offscope/event"
	"offscope/exchange"
)

// drawn returns what the report prints for one failed step with the given facts.
func drawn(t *testing.T, o TextOptions, bodies ...event.Body) string {
	t.Helper()
	var out bytes.Buffer
	text := NewText(&out, o)
	all := append([]event.Body{event.RunStarted{Tests: 1}, event.TestStarted{Name: "t", File: "t.json", Steps: 1}, event.StepStarted{StepKind: "request"}}, bodies...)
	all = append(all, event.StepFinished{Outcome: event.Failed})
	for i, body := range all {
		e := event.Event{Seq: i + 1, Test: min(i, 1), Body: body}
		if i >= 2 {
			e.Step = 1
		}
		if err := text.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestWhatAScriptRewroteIsSaidToBeRewritten(t *testing.T) {
	t.Parallel()
	got := drawn(t, TextOptions{}, event.Exchanged{
		Request:  event.Request{Method: "GET", URL: "http://h/", Rewritten: true},
		Response: &event.Response{Status: 200, Rewritten: true},
	})
	for _, want := range []string{"left it, not as it was sent)", "left it, not as it was received)"} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not there once in\n%s", want, got)
		}
	}
}

func TestAScriptsHintIsShown(t *testing.T) {
	t.Parallel()
	got := drawn(t, TextOptions{}, event.Scripted{
		Role: "post-response script", Row: 1, Outcome: event.Failed,
		Failure: &event.ScriptFailure{Failure: "exception", Message: "require is not defined", Hint: "libraries are globals here"},
	})
	if !strings.Contains(got, "hint: libraries are globals here") {
		t.Errorf("no hint in\n%s", got)
	}
}

func TestTheFailedAssertionOfTheHeadlineIsToldOnce(t *testing.T) {
	t.Parallel()
	failed := event.Scripted{
		Role: "post-response script", Row: 1, Outcome: event.Failed,
		Output:  []event.Line{{Text: "hello"}, {Assert: true, Text: "fine"}, {Assert: true, Failed: true, Text: "expected 1 to equal 2"}},
		Failure: &event.ScriptFailure{Failure: "assertion", Message: "expected 1 to equal 2", Expected: "2", Actual: "1"},
	}
	const columns = "      expected  2\n      actual    1\n      log       hello\n      ok        fine\n"
	if got := drawn(t, TextOptions{}, failed); !strings.Contains(got, columns) || strings.Count(got, "expected 1 to equal 2") != 1 {
		t.Errorf("got\n%s", got)
	}
	const again = columns + "      failed    expected 1 to equal 2\n"
	if got := drawn(t, TextOptions{Verbosity: Headers}, failed); !strings.Contains(got, again) {
		t.Errorf("with -v\n%s", got)
	}
	failed.Output = append(failed.Output, event.Line{Text: "later"})
	if got := drawn(t, TextOptions{}, failed); !strings.Contains(got, again+"      log       later\n") {
		t.Errorf("an assertion before the last line\n%s", got)
	}
}

func TestAScriptThatWasNotRunTookNoTime(t *testing.T) {
	t.Parallel()
	got := drawn(t, TextOptions{Verbosity: Headers}, event.Scripted{Role: "post-response script", Row: 1, Outcome: event.NotRun})
	if !strings.Contains(got, "post-response script 1 (not run)") {
		t.Errorf("got\n%s", got)
	}
}

func TestInitialScriptsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"initial script", "shared initial script"} {
		var out bytes.Buffer
		text := NewText(&out, TextOptions{Verbosity: Headers})
		ignored := event.Scripted{Role: role, Row: 1, Outcome: event.Passed, Output: []event.Line{{Assert: true, Failed: true, Text: "no"}}}
		if err := text.Write(event.Event{Seq: 1, Test: 1, Body: ignored}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "\n"+role+" (0ms)") && !strings.HasPrefix(out.String(), role+" (") || !strings.Contains(out.String(), "ignored in an initial script") {
			t.Errorf("%s\n%s", role, out.String())
		}
	}
}

func TestSpellingsInWords(t *testing.T) {
	t.Parallel()
	for encoding, want := range map[exchange.Encoding]string{
		"": "", "url": "the value percent-encoded", "#2": "the value; of the values this run had for it, number 2",
		"base64:1:2#3":        "the value in base64, as the request had it (user:password in basic authentication); of the values this run had for it, number 3",
		"json@1":              "line 1 of the value, escaped as inside a JSON string",
		"@2":                  "line 2 of the value",
		"@2#3":                "line 2 of the value; of the values this run had for it, number 3",
		"~1":                  "the value as the request had it",
		"url~12":              "the value percent-encoded, as the request had it",
		"#2~2":                "the value as the request had it; of the values this run had for it, number 2",
		"url-url":             "the value percent-encoded twice",
		"base64:1:":           "the value in base64, as the request had it (user:password in basic authentication)",
		"base64url::10@2#4~7": "line 2 of the value, in base64url, as the request had it (user:password in basic authentication); of the values this run had for it, number 4",
		"derived~3":           "what a function made of the value",
		"misread":             "the value with its bytes read in another character set, as the request had it",
		"unsearched":          "the rest of the text, as the request had it: it was too long to be searched for the value",
		"rot13":               "the value in another spelling, as the request had it",
	} {
		if got := spelling(encoding); got != want {
			t.Errorf("spelling(%q) = %q, want %q", encoding, got, want)
		}
	}
}
