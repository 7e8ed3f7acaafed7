package bucket

import (
	"strings"
	"testing"

	"offscope/source"
)

// saidOf returns what was said with a code about an export.
func saidOf(code, text string) source.Diagnostics {
	_, said := Parse(source.NewFile("export.json", []byte(text)))
	var kept source.Diagnostics
	for _, d := range said {
		if d.Code == code {
			kept = append(kept, d)
		}
	}
	return kept
}

func inRequest(rest string) string {
	return `{"name": "n", "steps": [{"step_type": "request", "method": "GET", "url": "/", ` + rest + `}]}`
}

func TestAnUnknownKeyThatSaysSomethingIsAWarning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want source.Severity
	}{
		{inRequest(`"follow_redirects": true`), source.Warning},
		{inRequest(`"max_wait": 0`), source.Warning},
		{inRequest(`"follow_redirects": false`), source.Notice},
		{inRequest(`"follow_redirects": null`), source.Notice},
		{inRequest(`"colour": ""`), source.Notice},
		{inRequest(`"colour": []`), source.Notice},
		{inRequest(`"colour": {}`), source.Notice},
		{inRequest(`"assertions": [{"source": "response_text", "comparison": "empty", "enabled_if": "x"}]`), source.Warning},
		{inRequest(`"assertions": [{"source": "response_text", "comparison": "empty", "enabled_if": ""}]`), source.Notice},
		{inRequest(`"variables": [{"source": "response_text", "name": "a", "fallback": "x"}]`), source.Warning},
		{`{"name": "n", "steps": [{"step_type": "pause", "duration": 1, "jitter": 5}]}`, source.Warning},
		{`{"name": "n", "timezone": "UTC", "steps": [{"step_type": "pause", "duration": 1}]}`, source.Notice},
		{`{"key": "k", "colour": "red", "tests": [` + pauseTest + `]}`, source.Notice},
	} {
		said := saidOf("unknown-key", test.text)
		if len(said) != 1 || said[0].Severity != test.want {
			t.Errorf("%s: want one %s, said\n%s", test.text, test.want, draw(said))
		}
	}
}

// A key is said once for many places, and the worst of them decides.
func TestTheWorstUseOfAnUnknownKeyIsSaid(t *testing.T) {
	t.Parallel()
	step := func(rest string) string {
		return `{"step_type": "request", "method": "GET", "url": "/", ` + rest + `}`
	}
	text := `{"name": "n", "steps": [` + step(`"colour": "", "asertions": []`) + ",\n" +
		step(`"colour": "red", "asertions": [{"source": "response_text"}]`) + ",\n" + step(`"colour": ""`) + `]}`
	said := saidOf("unknown-key", text)
	if len(said) != 2 {
		t.Fatalf("said\n%s", draw(said))
	}
	for i, want := range []source.Severity{source.Warning, source.Error} {
		if said[i].Severity != want || said[i].Place.Position().Line != 2 {
			t.Errorf("want a %s of line 2, said\n%s", want, draw(said[i:i+1]))
		}
	}
}

func TestADuplicateThatDropsChecksIsAnError(t *testing.T) {
	t.Parallel()
	const (
		assertion = `{"source": "response_status", "comparison": "equal", "value": 200}`
		variable  = `{"source": "response_json", "property": "id", "name": "id"}`
		blankRow  = `{"source": "response_json", "property": "", "name": null}`
	)
	for _, test := range []struct{ rest, want string }{
		{`"assertions": [` + assertion + `], "assertions": []`, "1 assertion"},
		{`"assertions": [` + assertion + `, ` + assertion + `], "assertions": null`, "2 assertions"},
		{`"assertions": [` + assertion + `], "assertions": [` + assertion + `], "assertions": {}`, "2 assertions"},
		{`"assertions": [` + assertion + `], "assertions": [], "assertions": []`, "1 assertion"},
		{`"variables": [` + variable + `, ` + blankRow + `], "variables": [` + blankRow + `]`, "1 variable"},
		{`"scripts": ["a();", " "], "scripts": [""]`, "1 script"},
		{`"scripts": "a();", "scripts": ""`, "1 script"},
		{`"before_scripts": ["a();", "b();"], "before_scripts": []`, "2 scripts"},
	} {
		said := saidOf("duplicate-key", inRequest(test.rest))
		if len(said) != 1 || said[0].Severity != source.Error || !strings.HasSuffix(said[0].Message, "and it drops "+test.want) {
			t.Errorf("%s: want an error about %s, said\n%s", test.rest, test.want, draw(said))
		}
	}
	for _, rest := range []string{
		`"assertions": [], "assertions": [` + assertion + `]`,
		`"assertions": [` + assertion + `], "assertions": [` + assertion + `]`,
		`"assertions": [], "assertions": null`,
		`"variables": [` + blankRow + `], "variables": []`,
		`"note": "a", "note": ""`,
		`"headers": {"scripts": "a", "scripts": ""}`,
	} {
		said := saidOf("duplicate-key", inRequest(rest))
		if len(said) != 1 || said[0].Severity != source.Warning {
			t.Errorf("%s: want a warning, said\n%s", rest, draw(said))
		}
	}
}
