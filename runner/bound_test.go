package runner

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"offscope/event"
	"offscope/exchange"
	"offscope/jsontree"
)

func TestVariablesHaveABound(t *testing.T) {
	big := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) {
		return &exchange.Response{Status: 200, Body: []byte(`{"a":"` + strings.Repeat("x", 5<<20) + `"}`)}, nil
	})
	var rows []string
	for i := range 20 {
		rows = append(rows, `{"source":"response_text","name":"v`+strconv.Itoa(i)+`"}`)
	}
	fills := `"scripts":["var x = 'x'.repeat(20000000); for (var i = 0; i < 4; i++) variables.set('v' + i, x)"]`
	for _, row := range []struct {
		name, told string
		run        run
	}{
		{"long values", "64 MiB", run{steps: get(fills)}},
		{"extracted values", "hold more than 64 MiB", run{steps: get(`"variables":[` + strings.Join(rows, ",") + `]`), sender: big}},
		{"many names", "more than 100000 variables", run{steps: get(`"scripts":["for (var i = 0; i < 100001; i++) variables.set('v' + i, 1)"]`)}},
		{"with those of the caller", "hold more than 64 MiB", run{
			steps:    steps(get(`"scripts":["variables.set('a', 'x'.repeat(40000000))"]`), subtestStep("s", looks)),
			subtests: map[string]run{"s": {steps: get(`"scripts":["variables.set('b', 'x'.repeat(40000000))"]`)}},
		}},
		{"of an initial script", "64 MiB", run{script: `variables.set('a', 'x'.repeat(40000000)); variables.set('b', 'x'.repeat(40000000))`, steps: get("")}},
		{"a value that is set again", "", run{steps: get(`"scripts":["for (var i = 0; i < 4; i++) variables.set('a', 'x'.repeat(20000000))"]`)}},
		{"a value that is taken away", "", run{steps: get(`"scripts":["for (var i = 0; i < 4; i++) { variables.set('v' + i, 'x'.repeat(20000000)); variables.set('v' + i, undefined) }"]`)}},
		{"a subtest that has ended", "", run{
			steps:    steps(subtestStep("s", looks), get(`"scripts":["variables.set('a', 'x'.repeat(40000000))"]`)),
			subtests: map[string]run{"s": {steps: get(`"scripts":["variables.set('b', 'x'.repeat(40000000))"]`)}},
		}},
	} {
		t.Run("2.1 "+row.name, func(t *testing.T) { // one after the other: they take much memory
			if row.run.sender == nil {
				row.run.sender = countingSender(new(int))
			}
			out, end, _ := row.run.do(t)
			var text strings.Builder
			for _, e := range out.events {
				switch b := e.Body.(type) {
				case event.Scripted:
					if b.Failure != nil {
						text.WriteString(b.Failure.Message)
					}
				case event.Extracted:
					text.WriteString(b.Error)
				}
			}
			if all := text.String(); (end.Outcome == event.Passed) != (row.told == "") || !strings.Contains(all, row.told) {
				t.Errorf("%s: %.300s", end.Outcome, all)
			}
		})
	}
}

func TestSizeOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`""`: nodeSize, `"abc"`: nodeSize + 3, `[1,"ab"]`: 3*nodeSize + 3, `{"key":[null]}`: 3*nodeSize + 3} {
		tree, err := jsontree.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := sizeOf(tree); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// What a record keeps of values is bounded, and it says where something is missing.
func TestLongValuesAreCutInEvents(t *testing.T) {
	t.Parallel()
	const secret = "secret-canary-value"
	r := run{
		vars: map[string]string{"pw": secret}, options: Options{Secrets: []string{"pw"}}, sender: countingSender(new(int)),
		steps: get(`"scripts":["variables.set('short', 'x'); variables.set('long', 'x'.repeat(65530) + variables.get('pw') + 'y'); for (var i = 0; i < 100; i++) variables.set('v' + i, 'x'.repeat(60000))"],
			"variables":[{"source":"response_text","name":"text"}]`),
	}
	out, end, _ := r.do(t)
	changed, scripted := one[event.Changed](t, out, 1), one[event.Scripted](t, out, 1)
	cut := map[string]bool{}
	size := 0
	for _, v := range changed.Variables {
		cut[v.Name] = v.Cut
		size += len(v.Value)
	}
	if end.Outcome != event.Passed || cut["short"] || cut["text"] || !cut["long"] || cut["v0"] || !cut["v99"] || size > 2<<20 {
		t.Errorf("%s, %d bytes, %v", end.Outcome, size, cut)
	}
	size = 0
	for _, s := range scripted.Set {
		size += len(s.Value)
		if s.Cut != cut[s.Name] {
			t.Errorf("%s: %v", s.Name, s.Cut)
		}
	}
	if size > 2<<20 {
		t.Errorf("%d bytes", size)
	}
	if text := out.encoded(t); strings.Contains(text, "secret-ca") {
		t.Error("half a secret is shown")
	}
}
