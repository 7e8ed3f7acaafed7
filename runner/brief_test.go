package runner

import (
	"strings"
	"testing"
	"unicode/utf8"

	"offscope/event"
	"offscope/exchange"
)

func TestLongNamesAreShortened(t *testing.T) {
	t.Parallel()
	long := "a" + strings.Repeat(".é", 30_000)
	rows := asserts(row("response_json", long, "equal", "1"), row("response_xml", "/a"+strings.Repeat("/b", 30_000), "equal", "1"), row("response_json", "{{pw}}"+long, "equal", "1"))
	r := run{
		env: "name: " + strings.Repeat("n", 1000) + "\nsecrets: [pw]\ninitial_variables: {pw: xy}\n", handler: nil,
		steps: get(`"variables":[{"source":"response_json","property":"` + long + `","name":"n"}],` + rows),
	}
	out, end, _ := r.do(t)
	if text := out.encoded(t); end.Outcome != event.Failed || len(text) > 30_000 || !utf8.ValidString(text) {
		t.Errorf("%s: %d bytes", end.Outcome, len(text))
	}
	short := func(what, text string) {
		if n := utf8.RuneCountInString(exchange.Show(text, exchange.Bracketed)); n > longestName+10 || !strings.HasSuffix(text, ellipsis) {
			t.Errorf("%s: %d characters: %s", what, n, text)
		}
	}
	for _, a := range all[event.Asserted](out, 1) {
		short("label", a.Label)
		short("property", a.Property)
	}
	short("extracted", one[event.Extracted](t, out, 1).Property)
	short("environment", one[event.TestStarted](t, out, 0).Environment)
	for _, d := range Examine(run{steps: get(assertRow("response_json", long+"[", "equal", "1"))}.plan(t, "http://127.0.0.1:1")) {
		if len(d.Message) > 3000 {
			t.Errorf("%d bytes", len(d.Message))
		}
	}
}

func TestShortenedLeavesMarksWhole(t *testing.T) {
	t.Parallel()
	mark := exchange.Mark{Secret: "a-secret", Encoding: "json"}.String()
	for text, want := range map[string]string{
		"abc": "abc", "abcdef": "abc…", "ab" + mark: "ab…", mark: mark, "é" + "éééé": "ééé…", "a" + mark + "b": "a…",
	} {
		limit := 3
		if text == mark {
			limit = utf8.RuneCountInString(mark)
		}
		if got := shortened(text, limit); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
