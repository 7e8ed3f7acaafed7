package runner

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/variables"
)

// A subtestResult is what the step that runs a subtest sees of it: the hosted service's result (API documentation on test
// results) with the variables of its webhook.
type subtestResult struct {
	test     *Test
	finished event.TestFinished
}

// A stepResult is one entry of the requests in a result.
type stepResult struct {
	Kind       string `json:"step_type"`
	URL        string `json:"url"`
	Method     string `json:"method"`
	Note       string `json:"note"`
	Result     string `json:"result"`
	Status     string `json:"response_status_code"`
	TimeMS     int64  `json:"response_time_ms"`
	Size       int    `json:"response_size_bytes"`
	Variables  tally  `json:"variables"`
	Assertions tally  `json:"assertions"`
	Scripts    tally  `json:"scripts"`

	short string // the URL as the file has it, when a secret is in it that is too short to be found
}

type tally struct {
	Total int `json:"total"`
	Pass  int `json:"pass"`
	Fail  int `json:"fail"`
}

// assertionsPassed leaves out the rows of steps that were not run, which have not failed either.
func assertionsPassed(results []stepResult) int {
	passed := 0
	for _, r := range results {
		passed += r.Assertions.Pass
	}
	return passed
}

func tallyOf(total, failed int) tally { return tally{total, total - failed, failed} }

// resultWord is an outcome in the hosted service's words.
func resultWord(o event.Outcome) string {
	switch o {
	case event.Passed:
		return "pass"
	case event.Skipped:
		return "skipped"
	case event.NotRun:
		return "canceled"
	}
	return "fail"
}

// keepResult notes how a step ended, for the result of a subtest, and returns where.
func (t *Test) keepResult(s *Step, a *Attempt, outcome event.Outcome, counts event.Counts) int {
	if t.sub == 0 {
		return 0
	}
	base := s.Step.Base()
	r := stepResult{
		Kind: base.Kind.Value, Note: base.Note.Value, Result: resultWord(outcome), Variables: tallyOf(counts.Variables, counts.VariablesFailed),
		Assertions: tallyOf(counts.Assertions, counts.AssertionsFailed), Scripts: tallyOf(counts.Scripts, counts.ScriptsFailed),
	}
	if outcome == event.NotRun {
		r.Assertions.Pass = 0
	}
	if a != nil && a.Request != nil {
		r.Method, r.URL = a.Request.Method, a.Request.URL
		if t.hasShort(a.expanded.url) {
			r.short = s.request.step.URL.Value
		}
	}
	if a != nil && a.Response != nil {
		r.TimeMS, r.Size = a.Response.Timings.Milliseconds(), len(a.Response.Body)
		if a.Response.Status > 0 {
			r.Status = strconv.Itoa(a.Response.Status)
		}
	}
	t.results = append(t.results, r)
	return len(t.results) - 1
}

// settleResult notes how a condition or loop ended. Its entry stands before those of the steps inside.
func (t *Test) settleResult(at int, outcome event.Outcome) {
	if t.sub > 0 {
		t.results[at].Result = resultWord(outcome)
	}
}

// json writes the result. A variable keeps the text that a template would have.
func (r *subtestResult) json() []byte {
	return r.write(r.word(), texts(r.test.initial), texts(r.test.scope), r.test.results)
}

// otherwise is the result as it would be, had the subtest ended the other way.
func (r *subtestResult) otherwise() []byte {
	word := resultWord(event.Passed)
	if r.word() == word {
		word = resultWord(event.Failed)
	}
	return r.write(word, texts(r.test.initial), texts(r.test.scope), r.test.results)
}

// word is how the subtest ended: it passed or it failed, and nothing else.
func (r *subtestResult) word() string {
	if word := resultWord(r.finished.Outcome); word != resultWord(event.NotRun) {
		return word
	}
	return resultWord(event.Failed)
}

// shown is the result as it may be seen once it is masked: without secrets that are too short to be found in it.
func (r *subtestResult) shown() []byte {
	results := slices.Clone(r.test.results)
	for i, s := range results {
		if s.short != "" {
			results[i].URL = s.short
		}
	}
	return r.write(r.word(), r.test.withoutShort(texts(r.test.initial)), r.test.withoutShort(texts(r.test.scope)), results)
}

// withoutShort leaves out the values of secrets that are too short to be found in a text.
func (t *Test) withoutShort(values map[string]string) map[string]string {
	for name, value := range values {
		if t.plan.secrets[name] && isShortText(value) {
			values[name] = exchange.Bracketed(exchange.Mark{Secret: name})
		}
	}
	return values
}

func (r *subtestResult) write(word string, initial, values map[string]string, results []stepResult) []byte {
	t, counts := r.test, r.finished.Counts
	if results == nil {
		results = []stepResult{}
	}
	test := t.plan.Test
	out := struct {
		Result            string            `json:"result"`
		TestID            string            `json:"test_id"`
		TestName          string            `json:"test_name"`
		BucketKey         string            `json:"bucket_key"`
		EnvironmentID     string            `json:"environment_id"`
		EnvironmentName   string            `json:"environment_name"`
		Region            string            `json:"region"`
		Source            string            `json:"source"`
		StartedAt         float64           `json:"started_at"`
		FinishedAt        float64           `json:"finished_at"`
		RequestsExecuted  int               `json:"requests_executed"`
		AssertionsDefined int               `json:"assertions_defined"`
		AssertionsPassed  int               `json:"assertions_passed"`
		AssertionsFailed  int               `json:"assertions_failed"`
		VariablesDefined  int               `json:"variables_defined"`
		VariablesPassed   int               `json:"variables_passed"`
		VariablesFailed   int               `json:"variables_failed"`
		ScriptsDefined    int               `json:"scripts_defined"`
		ScriptsPassed     int               `json:"scripts_passed"`
		ScriptsFailed     int               `json:"scripts_failed"`
		Initial           map[string]string `json:"initial_variables"`
		Variables         map[string]string `json:"variables"`
		Requests          []stepResult      `json:"requests"`
	}{
		Result: word, TestID: test.ID, TestName: test.Name.Value, BucketKey: test.BucketKey,
		Region: "local", Source: "subtest", StartedAt: seconds(t.began), FinishedAt: seconds(t.began.Add(r.finished.Duration)),
		RequestsExecuted: counts.Requests, AssertionsDefined: counts.Assertions, AssertionsPassed: assertionsPassed(results),
		AssertionsFailed: counts.AssertionsFailed, VariablesDefined: counts.Variables, VariablesPassed: counts.Variables - counts.VariablesFailed,
		VariablesFailed: counts.VariablesFailed, ScriptsDefined: counts.Scripts, ScriptsPassed: counts.Scripts - counts.ScriptsFailed,
		ScriptsFailed: counts.ScriptsFailed, Initial: initial, Variables: values, Requests: results,
	}
	if env := t.plan.Options.Environment; env != nil {
		out.EnvironmentID, out.EnvironmentName = env.ID, env.Name
	}
	body, err := json.Marshal(out)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return body
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

func texts(s *variables.Scope) map[string]string {
	out := map[string]string{}
	for _, name := range s.Names() {
		value, _ := s.Get(name)
		out[name] = variables.Text(value)
	}
	return out
}
