package runner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"offscope/event"
	"offscope/exchange"
	"offscope/variables"
)

// byHand opens the test of a run for somebody who drives it. The returned function ends it and checks its stream.
func byHand(t *testing.T, r run, sender Sender) (*Test, *recording, func() event.RunFinished) {
	t.Helper()
	out := &recording{}
	x := Begin([]*Plan{r.plan(t, "http://server.test")}, Machinery{Sender: sender, Engine: engine, Clock: newClock()}, out)
	test := x.Test(t.Context(), 0)
	return test, out, func() event.RunFinished {
		test.End()
		end, err := x.End(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, out)
		return end
	}
}

// rest runs what is left.
func rest(t *testing.T, test *Test) {
	for s := test.Next(t.Context()); s != nil; s = test.Next(t.Context()) {
		test.Do(t.Context(), s)
	}
}

func TestStepsByHand(t *testing.T) {
	t.Parallel()
	one := compares("condition", "1", "equal", "1", get(good), get(good))
	loop := compares("conditional-loop", "{{n}}", "equal", "2", get(`"scripts":["variables.set('n', String(Number(variables.get('n') || 0) + 1))"]`))
	for name, c := range map[string]struct {
		steps string
		do    func(t *testing.T, test *Test)
		want  string // how the steps ended
		fails bool
		reqs  int
	}{
		"held, completed and sent again": {
			steps: steps(get(good), get(bad)), want: "passed passed failed failed", fails: true, reqs: 4,
			do: func(t *testing.T, test *Test) {
				s := test.Next(t.Context())
				a := test.Hold(t.Context(), s)
				if a.Sent() || a.Request == nil {
					t.Error("it is sent already")
				}
				a.Complete(t.Context())
				test.Again(t.Context(), s).Complete(t.Context())
				test.Do(t.Context(), test.Next(t.Context()))
				test.Again(t.Context(), test.Steps()[1]).Complete(t.Context())
			},
		},
		"abandoned": {
			steps: steps(get(`"before_scripts":["log(1)"],`+good), get(good)), want: "skipped passed", reqs: 1,
			do: func(t *testing.T, test *Test) {
				test.Hold(t.Context(), test.Next(t.Context())).Abandon(event.Skipped, "left")
				rest(t, test)
			},
		},
		"abandoned after it failed": {
			steps: get(`"headers":{"A":["{{none}}"]}`), want: "failed", fails: true,
			do: func(t *testing.T, test *Test) {
				test.Hold(t.Context(), test.Next(t.Context())).Abandon(event.Skipped, "left")
				rest(t, test)
			},
		},
		"held and not run": {
			steps: steps(get(good), get(good)), want: "not-run passed", fails: true, reqs: 1,
			do: func(t *testing.T, test *Test) {
				test.Hold(t.Context(), test.Next(t.Context())).Abandon(event.NotRun, "left")
				rest(t, test)
			},
		},
		"skipped with all inside": {
			steps: steps(one, get(good)), want: "skipped skipped skipped passed", reqs: 1,
			do: func(t *testing.T, test *Test) {
				test.Skip(test.Next(t.Context()), "by hand")
				rest(t, test)
			},
		},
		"forward out of a condition": {
			steps: steps(one, pause, get(good)), want: "skipped skipped passed skipped passed", reqs: 1,
			do: func(t *testing.T, test *Test) {
				test.Do(t.Context(), test.Next(t.Context()))
				test.Goto(test.Next(t.Context()).Number, test.Steps()[4], "goto 5")
				rest(t, test)
			},
		},
		"back out of a loop": {
			steps: steps(get(good), loop), want: "passed passed passed passed passed passed passed", reqs: 5,
			do: func(t *testing.T, test *Test) {
				for range 3 {
					test.Do(t.Context(), test.Next(t.Context()))
				}
				test.Goto(4, test.Steps()[0], "goto 1") // the third step was run
				_ = test.SetVariable("n", "0")
				rest(t, test)
			},
		},
		"back inside a condition": {
			steps: one, want: "passed passed passed passed", reqs: 3,
			do: func(t *testing.T, test *Test) {
				test.Do(t.Context(), test.Next(t.Context()))
				test.Do(t.Context(), test.Next(t.Context()))
				test.Goto(3, test.Steps()[1], "goto 2")
				rest(t, test)
			},
		},
		"quit": {
			steps: steps(get(good), one, pause), want: "passed not-run not-run not-run not-run", fails: true, reqs: 1,
			do: func(t *testing.T, test *Test) {
				test.Do(t.Context(), test.Next(t.Context()))
				test.Quit("enough")
				if test.Outcome() != event.Passed {
					t.Errorf("what ran is %s", test.Outcome())
				}
				rest(t, test)
			},
		},
		"resumed": {
			steps: steps(get(bad), get(good)), want: "failed passed", fails: true, reqs: 2,
			do: func(t *testing.T, test *Test) {
				test.Do(t.Context(), test.Next(t.Context()))
				test.Quit("stopped")
				test.Resume()
				rest(t, test)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			test, out, end := byHand(t, run{steps: c.steps}, countingSender(&requests))
			c.do(t, test)
			if outcome := end().Outcome; outcome.Bad() != c.fails {
				t.Errorf("the run %s", outcome)
			}
			if got := out.outcomes(); got != c.want || requests != c.reqs {
				t.Errorf("%d requests, steps: %s\nwant %d, %s", requests, got, c.reqs, c.want)
			}
		})
	}
}

// Whatever is done by hand, the stream keeps its form, and what failed stays failed.
func TestAnyOrderOfStepsKeepsTheFormOfTheStream(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 7)), subtests: map[string]run{}}
		text, _ := g.steps(6, 3)
		r := run{steps: strings.ReplaceAll(text, "/interrupt", "/x"), subtests: g.subtests, options: Options{StopOnFailure: Choice(g.IntN(4) / 3), Pauses: Pauses{Mode: PauseMode(g.IntN(4))}}}
		test, _, end := byHand(t, r, countingSender(new(int)))
		failed := false
		for range 40 {
			s := test.Next(t.Context())
			if s == nil {
				break
			}
			wander(t, g, test, s)
			failed = failed || test.Outcome().Bad()
		}
		if g.IntN(2) == 0 {
			test.Quit("enough")
		}
		for range 500 {
			s := test.Next(t.Context())
			if s == nil {
				break
			}
			test.Do(t.Context(), s)
		}
		if outcome := end().Outcome; failed && !outcome.Bad() {
			t.Errorf("seed %d: a step failed and the run %s", seed, outcome)
		}
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, text)
		}
	}
}

// wander does something with the step at hand.
func wander(t *testing.T, g *generator, test *Test, s *Step) {
	from := s.Number
	switch g.IntN(8) {
	case 0:
		test.Skip(s, "by hand")
		return
	case 1, 2:
		if to := test.Steps()[g.IntN(len(test.Steps()))]; test.Reachable(to) == nil {
			test.Goto(from, to, "goto")
			return
		}
	case 3:
		if a := test.Hold(t.Context(), s); a != nil {
			a.Abandon(event.Skipped, "left")
			return
		}
	case 4:
		if a := test.Hold(t.Context(), s); a != nil {
			a.Complete(t.Context())
			test.Again(t.Context(), s).Complete(t.Context())
			return
		}
	}
	test.Do(t.Context(), s)
}

func TestReachableNamesTheWay(t *testing.T) {
	t.Parallel()
	test, _, end := byHand(t, run{steps: steps(compares("condition", "1", "equal", "2", get(good)), get(good))}, countingSender(new(int)))
	if err := test.Reachable(test.Steps()[1]); err == nil || !strings.Contains(err.Error(), "go to step 1 instead") {
		t.Error(err)
	}
	test.Do(t.Context(), test.Next(t.Context()))
	if err := test.Reachable(test.Steps()[1]); err == nil || !strings.Contains(err.Error(), "does not hold") {
		t.Error(err)
	}
	rest(t, test)
	end()
}

func TestRewriteKeepsSecretsAndChangesTheStep(t *testing.T) {
	t.Parallel()
	r := run{
		steps: steps(get(bad), get(`"headers":{"Authorization":["Bearer {{old}}"]}`)), vars: map[string]string{"old": "old-secret", "fresh": "fresh-secret"},
	}
	test, out, end := byHand(t, r, countingSender(new(int)))
	if problems := test.Rewrite(test.Steps()[0], `{`); problems.Err() == nil {
		t.Error("half a step was taken")
	}
	if problems := test.Rewrite(test.Steps()[0], get(good)+","+get(good)); problems.Err() == nil {
		t.Error("two steps were taken")
	}
	changed := strings.ReplaceAll(get(`"headers":{"Authorization":["Bearer {{fresh}}"]},`+good), "SERVER", "http://server.test")
	if problems := test.Rewrite(test.Steps()[0], changed); problems.Err() != nil {
		t.Fatal(problems)
	}
	rest(t, test)
	if outcome := end().Outcome; outcome != event.Passed {
		t.Errorf("the run %s", outcome)
	}
	for _, secret := range []string{"old", "fresh"} {
		if !test.IsSecret(secret) || strings.Contains(test.Mask(secret+"-secret"), secret+"-secret") {
			t.Errorf("%s is no secret", secret)
		}
	}
	if text := out.encoded(t); strings.Contains(text[strings.Index(text, "step-started"):], "-secret") {
		t.Errorf("a secret is told\n%s", text)
	}
}

func TestViewsOfAnAttempt(t *testing.T) {
	t.Parallel()
	sender := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) {
		return &exchange.Response{Status: 200, Body: []byte(`{"a":{"b":["x","canary-1"]}}`)}, nil
	})
	r := run{
		steps: get(`"headers":{"Authorization":["Bearer {{auth}}"]},"assertions":[{"source":"response_json","property":"a.b[0]","comparison":"equal","value":"{{want}}"}]`),
		vars:  map[string]string{"auth": "canary-1", "want": "y"},
	}
	test, _, end := byHand(t, r, sender)
	a := test.Hold(t.Context(), test.Next(t.Context()))
	if editable, err := a.Editable(); err != nil || test.Reveal(editable.Header.Get("Authorization")) != "Bearer canary-1" {
		t.Errorf("%v, %v", editable, err)
	}
	if err := a.Override(&exchange.Request{Method: http.MethodPut, URL: "http://server.test/other"}); err != nil {
		t.Error(err)
	}
	a.Complete(t.Context())
	if err := a.Override(&exchange.Request{}); err == nil {
		t.Error("a request that was sent was changed")
	}
	if rows := a.Recheck(); rows[0].Outcome != event.Failed {
		t.Errorf("%+v", rows)
	}
	_ = test.SetVariable("want", "x")
	if rows := a.Recheck(); rows[0].Outcome != event.Passed {
		t.Errorf("%+v", rows)
	}
	for path, want := range map[string]string{"a.b[0]": "x", "a.b[1]": "[auth]", "a.b": `["x","[auth]"]`} {
		if got, err := a.Find(path); err != nil || exchange.Show(got, exchange.Bracketed) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if _, err := a.Find("a.c"); err == nil || !strings.Contains(err.Error(), `a has ["b"]`) {
		t.Error(err)
	}
	ran := test.Evaluate(t.Context(), a, "response.status + variables.get('want')")
	if len(ran.Output) != 1 || ran.Output[0].Text != "200x" {
		t.Errorf("%+v", ran)
	}
	if shown := fmt.Sprint(a.Shown(), test.Variables(), test.Evaluate(t.Context(), a, "variables.get('auth')")); strings.Contains(shown, "canary") {
		t.Error(shown)
	}
	if origin := test.Variables()[1].Origin + test.Variables()[0].Origin; !strings.Contains(origin, variables.Prompt.String()) {
		t.Errorf("%+v", test.Variables())
	}
	end()
}
