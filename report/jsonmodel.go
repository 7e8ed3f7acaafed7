package report

import (
	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// The parts of the JSON report. Keys of the hosted service are always there; ours are left out when they say nothing.

type jsonHead struct {
	SchemaVersion int     `json:"schema_version"`
	Version       string  `json:"offscope_version"`
	Seed          uint64  `json:"seed"`
	TestName      string  `json:"test_name"`
	Environment   string  `json:"environment_name"`
	File          string  `json:"file"`
	Line          int     `json:"line"`
	Col           int     `json:"col"`
	Iteration     int     `json:"iteration,omitempty"`
	Iterations    int     `json:"iterations,omitempty"`
	StartedAt     float64 `json:"started_at"`
}

type jsonFigures struct {
	Result           string        `json:"result"`
	Outcome          event.Outcome `json:"outcome"`
	Reason           string        `json:"reason,omitempty"`
	Complete         bool          `json:"complete"`
	FinishedAt       float64       `json:"finished_at"`
	Duration         float64       `json:"duration_ms"`
	RequestsExecuted int           `json:"requests_executed"`
	jsonCounters
	Steps          jsonSteps     `json:"steps"`
	SubtestsCount  int           `json:"subtests_count"`
	SubtestsPassed int           `json:"subtests_passed"`
	SubtestsFailed int           `json:"subtests_failed"`
	SubtestsOthers int           `json:"subtests_others"`
	Errors         []string      `json:"error_messages"`
	Problems       []jsonProblem `json:"problems,omitempty"`
	Notices        []jsonNotice  `json:"notices,omitempty"`
}

type jsonSteps struct {
	Total   int `json:"total"`
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Errored int `json:"errored"`
	Skipped int `json:"skipped"`
	NotRun  int `json:"not_run"`
}

type jsonCounters struct {
	AssertionsDefined int `json:"assertions_defined"`
	AssertionsPassed  int `json:"assertions_passed"`
	AssertionsFailed  int `json:"assertions_failed"`
	VariablesDefined  int `json:"variables_defined"`
	VariablesPassed   int `json:"variables_passed"`
	VariablesFailed   int `json:"variables_failed"`
	ScriptsDefined    int `json:"scripts_defined"`
	ScriptsPassed     int `json:"scripts_passed"`
	ScriptsFailed     int `json:"scripts_failed"`
}

func countersOf(c event.Counts, assertionsPassed int) jsonCounters {
	return jsonCounters{
		c.Assertions, assertionsPassed, c.AssertionsFailed, c.Variables, max(0, c.Variables-c.VariablesFailed), c.VariablesFailed,
		c.Scripts, max(0, c.Scripts-c.ScriptsFailed), c.ScriptsFailed,
	}
}

// jsonTotal are the figures of several tests.
type jsonTotal struct {
	SchemaVersion int           `json:"schema_version"`
	Version       string        `json:"offscope_version"`
	Seed          uint64        `json:"seed"`
	Result        string        `json:"result"`
	Outcome       event.Outcome `json:"outcome"`
	StartedAt     float64       `json:"started_at"`
	FinishedAt    float64       `json:"finished_at"`
	Tests         int           `json:"tests"`
	TestsFailed   int           `json:"tests_failed"`
}

// jsonRun is what is to be said about a run of any number of tests.
type jsonRun struct {
	Interrupted string       `json:"interrupted,omitempty"`
	Complete    bool         `json:"run_complete"`
	Trouble     []string     `json:"run_error_messages,omitempty"`
	Notices     []jsonNotice `json:"run_notices,omitempty"`
}

// jsonEntry is what every entry of the requests begins with.
type jsonEntry struct {
	Step      int    `json:"step"`
	Kind      string `json:"step_type"`
	Iteration int    `json:"iteration,omitempty"`
	Closes    bool   `json:"closes,omitempty"`
	Result    string `json:"result"`
}

type jsonStep struct {
	jsonEntry
	Note      string        `json:"note"`
	Method    string        `json:"method"`
	URL       string        `json:"url"`
	Outcome   event.Outcome `json:"outcome"`
	Reason    string        `json:"reason,omitempty"`
	Depth     int           `json:"depth,omitempty"`
	File      string        `json:"file"`
	Line      int           `json:"line"`
	Col       int           `json:"col"`
	StartedAt float64       `json:"started_at"`
	Duration  float64       `json:"duration_ms"`
	Pause     float64       `json:"pause_ms,omitempty"`
	Tries     int           `json:"tries,omitempty"`
	Waited    float64       `json:"waited_ms,omitempty"`
	jsonCounters
	Assertions []jsonAssertion  `json:"assertions"`
	Variables  []jsonVariable   `json:"variables"`
	Scripts    []jsonScript     `json:"scripts"`
	Compared   []jsonComparison `json:"comparisons,omitempty"`
	Errors     []string         `json:"error_messages"`
	Problems   []jsonProblem    `json:"problems,omitempty"`
	Hints      []string         `json:"hints,omitempty"`
	Notices    []jsonNotice     `json:"notices,omitempty"`
	// What came of the request.
	Timings         *jsonTimings `json:"timings"`
	ResponseTime    *int64       `json:"response_time_ms"`
	ResponseSize    *int         `json:"response_size_bytes"`
	ResponseStatus  *int         `json:"response_status_code"`
	ResponseMessage *string      `json:"response_message"`
	Request         *jsonMessage `json:"request,omitempty"`
	Response        *jsonMessage `json:"response,omitempty"`
	Failure         *jsonFailure `json:"failure,omitempty"`
}

type jsonTimings struct {
	Dial    float64 `json:"dial_ms"`
	DNS     float64 `json:"dns_lookup_ms"`
	TLS     float64 `json:"tls_ms"`
	Send    float64 `json:"send_ms"`
	Wait    float64 `json:"wait_for_response_ms"`
	Receive float64 `json:"receive_response_ms"`
	Total   float64 `json:"total_ms"`
	Reused  bool    `json:"reused"`
	Remote  string  `json:"remote,omitempty"`
}

// jsonMessage is a request or a response.
type jsonMessage struct {
	Method    string          `json:"method,omitempty"`
	URL       string          `json:"url,omitempty"`
	Proto     string          `json:"protocol,omitempty"`
	Status    int             `json:"status_code,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Headers   exchange.Header `json:"headers,omitempty"`
	Body      string          `json:"body,omitempty"`
	Size      int             `json:"size_bytes"`
	Cut       bool            `json:"body_cut,omitempty"`
	Binary    bool            `json:"body_binary,omitempty"`
	Rewritten bool            `json:"rewritten,omitempty"`
}

type jsonFailure struct {
	Kind    string `json:"failure"`
	Message string `json:"message"`
}

type jsonPlace struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

func placeOf(e source.Excerpt) jsonPlace { return jsonPlace{e.File, e.Line, e.Col} }

type jsonProblem struct {
	Code    string        `json:"code"`
	Outcome event.Outcome `json:"outcome"`
	Message string        `json:"message"`
	Hint    string        `json:"hint,omitempty"`
	jsonPlace
}

type jsonNotice struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
	jsonPlace
}

// jsonAssertion is an assertion's result (vendor's API: the names of sources and comparisons differ from those of exports).
type jsonAssertion struct {
	Result     string         `json:"result"`
	Source     string         `json:"source"`
	Property   string         `json:"property"`
	Comparison string         `json:"comparison"`
	Target     string         `json:"target_value"`
	Actual     *string        `json:"actual_value"`
	Error      *string        `json:"error"`
	Row        int            `json:"row"`
	Outcome    event.Outcome  `json:"outcome"`
	Label      string         `json:"label"`
	Written    string         `json:"target_in_file,omitempty"`
	Type       string         `json:"actual_type,omitempty"`
	Message    string         `json:"message,omitempty"`
	Remark     string         `json:"remark,omitempty"`
	Nearest    *event.Nearest `json:"nearest,omitempty"`
	jsonPlace
}

type jsonVariable struct {
	Name     string         `json:"name"`
	Source   string         `json:"source"`
	Property string         `json:"property"`
	Value    *string        `json:"value"`
	Result   string         `json:"result"`
	Error    *string        `json:"error"`
	Row      int            `json:"row"`
	Outcome  event.Outcome  `json:"outcome"`
	Type     string         `json:"value_type,omitempty"`
	Nearest  *event.Nearest `json:"nearest,omitempty"`
	jsonPlace
}

type jsonScript struct {
	Result     string             `json:"result"`
	Output     string             `json:"output"`
	Error      *string            `json:"error"`
	Role       string             `json:"role"`
	Row        int                `json:"row"`
	Outcome    event.Outcome      `json:"outcome"`
	Duration   float64            `json:"duration_ms"`
	Assertions []jsonScriptAssert `json:"assertions,omitempty"`
	Set        []event.Assignment `json:"variables_set,omitempty"`
	Failure    string             `json:"failure,omitempty"`
	Hint       string             `json:"hint,omitempty"`
	ScriptLine int                `json:"script_line,omitempty"`
	ScriptCol  int                `json:"script_col,omitempty"`
	jsonPlace
}

type jsonScriptAssert struct {
	Result  string `json:"result"`
	Message string `json:"message"`
	Ignored bool   `json:"ignored,omitempty"`
}

type jsonComparison struct {
	Iteration  int     `json:"iteration,omitempty"`
	Left       string  `json:"left_value"`
	Comparison string  `json:"comparison"`
	Right      string  `json:"right_value"`
	LeftIs     string  `json:"left_actual"`
	RightIs    string  `json:"right_actual"`
	Holds      bool    `json:"holds"`
	Error      *string `json:"error"`
	jsonPlace
}

// resultSources and resultComparisons are the names that the hosted service's results have for those of exports (as its public
// clients know them). A name that is not here is the same in both.
var (
	resultSources = map[string]string{
		"response_json": "json", "response_xml": "xml", "response_headers": "response_header", "response_size": "response_size_bytes",
		"response_time": "response_time_ms", "response_status": "status_code",
	}
	resultComparisons = map[string]string{
		"equal": "equals", "not_equal": "does_not_equal", "empty": "is_empty", "not_empty": "is_not_empty", "equal_number": "equals_number",
		"is_less_than": "less_than", "is_less_than_or_equal": "less_than_or_equal", "is_greater_than": "greater_than",
		"is_greater_than_or_equal": "greater_than_or_equal",
	}
)

func resultName(names map[string]string, name string) string {
	if result, ok := names[name]; ok {
		return result
	}
	return name
}

// jsonBare is an entry that is no step: that of the initial scripts, and the one behind the steps inside a condition or loop. It
// has the keys of the hosted service all the same, so that whoever goes through the entries finds lists everywhere.
type jsonBare struct {
	jsonEntry
	Method string `json:"method"`
	URL    string `json:"url"`
	jsonCounters
	Assertions      []jsonAssertion `json:"assertions"`
	Variables       []jsonVariable  `json:"variables"`
	Scripts         []jsonScript    `json:"scripts"`
	Errors          []string        `json:"error_messages"`
	Timings         *jsonTimings    `json:"timings"`
	ResponseMessage *string         `json:"response_message"`
}
