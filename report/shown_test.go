package report

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"offscope/event"
)

// fill puts a text into every string a value holds.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(text)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	}
}

// filled returns a stream in which every text is the given one.
func filled(events []event.Event, text string) []event.Event {
	out := make([]event.Event, len(events))
	for i, e := range events {
		body := reflect.New(reflect.TypeOf(e.Body)).Elem()
		body.Set(reflect.ValueOf(e.Body))
		fill(body, text)
		e.Body = body.Interface().(event.Body)
		out[i] = e
	}
	return out
}

// unprintable returns the first character of a report that a terminal should not see.
func unprintable(report string) (rune, bool) {
	for i, r := range report {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(report[i:]); size == 1 {
				return r, true
			}
		}
		if r != '\n' && !unicode.IsPrint(r) {
			return r, true
		}
	}
	return 0, false
}

func TestNoTextOfAnEventReachesTheTerminalRaw(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{"\x1b[2J", "a\rb", "\x00", "\u009b", "\u202e", "\xff\xfe", "\n\n\x07\n", auth[:len(auth)-3], auth[3:], "\t"} {
		for name, events := range recorded {
			for _, o := range []TextOptions{{Verbosity: Bodies, Curl: true}, {Width: 1}} {
				report := draw(t, filled(events(), hostile), o)
				if r, bad := unprintable(report); bad {
					t.Fatalf("%s: %q comes through as %q", name, hostile, r)
				}
			}
		}
	}
}

func TestMarksAreNeverSeen(t *testing.T) {
	t.Parallel()
	for name, events := range recorded {
		report := draw(t, filled(events(), "before "+auth+" after"), TextOptions{Verbosity: Bodies, Curl: true})
		if strings.Contains(report, auth[:3]) || strings.Contains(report, `\ue0f`) {
			t.Errorf("%s shows a mark:\n%s", name, report)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b[0m\r\n", auth, "{\"a\":[1,2,{}]}", strings.Repeat("[", 300), "利用者\u200d", "\xff", "it's $x `y` \\"} {
		f.Add(seed, 80)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		for _, o := range []TextOptions{{Width: width % 300}, {Width: width % 300, Verbosity: Bodies, Curl: true}} {
			for _, name := range []string{"assertions", "scripts", "secrets", "posted", "notices"} {
				report := draw(t, filled(recorded[name](), text), o)
				if r, bad := unprintable(report); bad {
					t.Fatalf("%q comes through as %q", text, r)
				}
			}
		}
	})
}

func TestClipAndWrapKeepToTheRoom(t *testing.T) {
	t.Parallel()
	texts := []string{"", "short", "a few words that go on", strings.Repeat("x", 50), "利用者の一覧を取得する", "e\u0301e\u0301e\u0301"}
	for _, text := range texts {
		for room := range 30 {
			if got := clip(text, room); cells(got) > room {
				t.Errorf("clip(%q, %d) = %q", text, room, got)
			}
			lines := wrap(text, room)
			if got := strings.Join(lines, " "); got != text {
				t.Errorf("wrap(%q, %d) joins to %q", text, room, got)
			}
			for _, l := range lines {
				if cells(l) > room && strings.Contains(l, " ") {
					t.Errorf("wrap(%q, %d) has the line %q", text, room, l)
				}
			}
		}
	}
}

func TestDeepJSONIsNotLaidOut(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text string
		want bool
	}{
		{`{"a":1}`, true},
		{` [] `, true},
		{`"text"`, false},
		{`{"a":}`, false},
		{strings.Repeat("[", 50) + strings.Repeat("]", 50), true},
		{strings.Repeat("[", 5000) + strings.Repeat("]", 5000), false},
		{`["` + strings.Repeat("]", 5000) + `",` + strings.Repeat("[", 5000) + strings.Repeat("]", 5001), false},
		{`["` + strings.Repeat("[", 5000) + `\""]`, true},
	} {
		if _, got := indented(row.text); got != row.want {
			t.Errorf("%.40s …: got %v", row.text, got)
		}
	}
}

func TestNearestInWords(t *testing.T) {
	t.Parallel()
	p := &page{o: &TextOptions{}}
	for _, row := range []struct {
		nearest event.Nearest
		want    string
	}{
		{event.Nearest{Type: "object"}, "the body is an empty object"},
		{event.Nearest{Type: "array"}, "the body is an empty list"},
		{event.Nearest{Type: "string"}, "the body is a string"},
		{event.Nearest{Path: "a", Type: "null"}, "a exists and is null"},
		{event.Nearest{Path: "a", Type: "number"}, "a exists and is a number"},
		{event.Nearest{Path: "a.b", Type: "array", Length: 2}, "a.b exists and is a list of 2 elements"},
		{event.Nearest{Path: "a", Type: "object", Keys: []string{"x"}}, "a exists and has the key x"},
		{event.Nearest{Path: "a", Type: "object", Keys: []string{"x", "y"}}, "a exists and has the keys x, y"},
		{event.Nearest{Type: "object", Keys: strings.Fields(strings.Repeat("k ", keysShown+1))}, "the body has the keys " + strings.Repeat("k, ", keysShown-1) + "k and 1 more"},
	} {
		if got := p.describe(&row.nearest); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}

func BenchmarkTextTenThousandSteps(b *testing.B) {
	s := run(1).open("SCIM users", "users.json", 10000)
	for i := range 10000 {
		s.request(fmt.Sprintf("step %d", i), answer("GET", "/Users", 200, "OK", userList), passed(2),
			event.Asserted{Row: 1, Outcome: event.Passed}, event.Asserted{Row: 2, Outcome: event.Passed})
	}
	events := s.close(event.Passed, "", event.Counts{Steps: 10000, Assertions: 20000}, 0).end(event.RunFinished{Outcome: event.Passed, Tests: 1})
	for b.Loop() {
		text := NewText(writerFunc(func(p []byte) (int, error) { return len(p), nil }), TextOptions{})
		for _, e := range events {
			if err := text.Write(e); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/step")
}
