package report

import (
	"strings"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// recorded are the streams that the golden files are made of.
var recorded = map[string]func() []event.Event{
	"all-passed":       allPassed,
	"assertions":       assertions,
	"missing-path":     missingPath,
	"differences":      differences,
	"scripts":          scriptsFail,
	"initial-script":   initialScript,
	"not-sent":         notSent,
	"no-response":      noResponse,
	"pauses":           pauses,
	"not-run":          stopped,
	"interrupted":      interrupted,
	"several":          several,
	"mixed":            mixed,
	"notices":          notices,
	"secrets":          secrets,
	"unicode":          unicodes,
	"control":          control,
	"long":             long,
	"posted":           posted,
	"unsupported-step": unsupported,
}

func allPassed() []event.Event {
	s := run(1).open("SCIM users", "users.json", 4)
	s.add(event.Scripted{
		Role: "initial script", Row: 1, Outcome: event.Passed, Duration: 2 * ms,
		Output: []event.Line{{Text: "preparing"}, {Assert: true, Failed: true, Text: "expected 1 to equal 2"}},
		Set:    []event.Assignment{{Name: "base", Value: "http://localhost:8080/scim/v2", Type: "string"}, {Name: "limit", Value: "10", Type: "number"}},
	})
	s.request("List users", answer("GET", "/Users", 200, "OK", userList), passed(8),
		event.Extracted{Row: 1, Name: "id", Source: "response_json", Property: "Resources[0].id", Outcome: event.Passed, Value: "2819c223", Type: "string"},
		event.Scripted{Role: "post-response script", Row: 1, Outcome: event.Passed, Duration: 3 * ms,
			Output: []event.Line{{Text: "found 1 user\nbjensen"}, {Assert: true, Text: "expected 1 to be above 0"}},
			Set:    []event.Assignment{{Name: "count", Value: "1", Type: "number"}}},
		event.Asserted{Row: 1, Label: "Status", Outcome: event.Passed, Comparison: "equal_number"},
		event.Asserted{Row: 2, Label: "body.active", Outcome: event.Passed, Comparison: "equal", Remark: "true is a boolean; it was compared as the text \"true\""})
	s.pause(0, 5*time.Second, passedOver(event.Skipped, "--pauses skip"))
	s.request("", answer("GET", "/Users?filter=userName%20eq%20%22bjensen%22", 200, "OK", userList), passed(2))
	s.request("Delete the user", answer("DELETE", "/Users/2819c223", 204, "No Content", ""), passed(0))
	return s.close(event.Passed, "", event.Counts{Steps: 4, Assertions: 10, StepsPassed: 3, StepsSkipped: 1}, 412*ms).
		end(event.RunFinished{Outcome: event.Passed, Tests: 1})
}

func assertions() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	status := event.Asserted{
		Row: 1, Label: "Status", Source: "response_status", Comparison: "equal_number", Target: "{{wanted}}", Expected: "200", Actual: "401",
		Type: "number", Outcome: event.Failed, Message: "'401' was not equal to the number 200", Where: target(14, "{{wanted}}"),
	}
	unknown := event.Asserted{
		Row: 4, Label: "body.x", Source: "response_json", Comparison: "equals_to", Outcome: event.Failed,
		Error: `the comparison "equals_to" is not known; did you mean "equal"?`, Where: at(40, `          "comparison": "equals_to"`, `"equals_to"`),
	}
	text := event.Asserted{
		Row: 5, Label: "body.totalResults", Source: "response_json", Comparison: "is_less_than", Target: "10", Expected: "10", Actual: "many",
		Type: "string", Outcome: event.Failed, Message: "'many' was not less than 10", Error: "the value 'many' is not a number", Where: target(44, "10"),
	}
	s.request("List users", answer("GET", "/Users?count=1", 401, "Unauthorized", `{"detail":"bad token","status":"401"}`),
		failed(event.Counts{Assertions: 8, AssertionsFailed: 5}, "the Authorization header has no scheme; most servers want \"Bearer \" before the token, so set auth to \"Bearer …\""),
		status, unequal(2, 22, "status", "ok", "401", "string"), unequal(3, 30, "active", "true", "", "null"), unknown, text)
	return s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 8, AssertionsFailed: 5, StepsFailed: 1}, 3249*ms).
		end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func missingPath() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	empty := event.Nearest{Path: "Resources", Type: "array"}
	s.request("List users", answer("GET", "/Users?count=1", 200, "OK", `{"totalResults":0,"Resources":[]}`),
		failed(event.Counts{Assertions: 8, AssertionsFailed: 5, Variables: 1, VariablesFailed: 1}, "the server has no users yet; this test reads Resources[0], so create one user and run it again"),
		event.Extracted{Row: 1, Name: "id", Source: "response_json", Property: "Resources[0].id", Outcome: event.Failed,
			Error: "Unable to locate 0 property in path 'Resources[0].id' in JSON.", Nearest: &empty, Where: property(12, "Resources[0].id")},
		missing(2, 20, "Resources[0].id", "0", empty),
		missing(3, 25, "Resources[0].name.familyName", "0", empty),
		missing(4, 30, "itemsPerPage", "itemsPerPage", event.Nearest{Type: "object", Keys: []string{"totalResults", "Resources"}}),
		missing(5, 35, "meta.version", "version", event.Nearest{Path: "meta", Type: "string"}),
		missing(6, 40, "users[3]", "3", event.Nearest{Path: "users", Type: "array", Length: 1}))
	return s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 8, AssertionsFailed: 5, VariablesFailed: 1, StepsFailed: 1}, 30*ms).
		end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func differences() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen","active":true,"name":{"givenName":"Barbara"}}`
	got := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen","active":false,"name":{"givenName":"Barbara"}}`
	longText := strings.Repeat("the quick brown fox jumps over the lazy dog, ", 5)
	s.request("Compare long values", answer("GET", "/Users/1", 200, "OK", got), failed(event.Counts{Assertions: 3, AssertionsFailed: 3}),
		unequal(1, 20, "", want, got, "object"),
		unequal(2, 24, "text", longText+"and sleeps", longText+"and runs", "string"),
		unequal(3, 28, "lines", "one\ntwo\nthree\nfour", "one\ntwo\n3\nfour", "string"))
	return s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 3, AssertionsFailed: 3, StepsFailed: 1}, 30*ms).
		end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func scriptsFail() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	line := source.Excerpt{Line: 3, Col: 1, Text: "assert.equal(data.totalResults, 2);", Width: 12}
	s.request("List users", answer("GET", "/Users", 200, "OK", userList), failed(event.Counts{Assertions: 1, Scripts: 3, ScriptsFailed: 3}),
		event.Scripted{Role: "pre-request script", Row: 1, Outcome: event.Failed, Duration: ms, Where: at(8, `        "var x = ;"`, `"var x = ;"`),
			Failure: &event.ScriptFailure{Failure: "syntax", Message: "syntax error at line 1, column 9 of the script: unexpected token ;", Where: at(8, `        "var x = ;"`, `;"`)}},
		event.Scripted{Role: "post-response script", Row: 1, Outcome: event.Failed, Duration: 3 * ms,
			Output:  []event.Line{{Text: "found 1 user"}, {Assert: true, Text: "expected 'bjensen' to be a string"}, {Assert: true, Failed: true, Text: "expected 1 to equal 2"}},
			Failure: &event.ScriptFailure{Failure: "assertion", Message: "expected 1 to equal 2", Expected: "2", Actual: "1", Where: at(12, `"var data = JSON.parse(response.body);\n\nassert.equal(data.totalResults, 2);"`, `assert.equal(data.totalResults, 2);"`), Script: line}},
		event.Scripted{Role: "post-response script", Row: 2, Outcome: event.Failed, Duration: 20 * time.Second, Where: at(13, `        "for (;;) {}"`, `"for (;;) {}"`),
			Failure: &event.ScriptFailure{Failure: "timeout", Message: "the script took longer than 20s"}})
	return s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 1, ScriptsFailed: 3, StepsFailed: 1}, 20030*ms).
		end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func initialScript() []event.Event {
	s := run(1).open("SCIM users", "users.json", 2)
	s.add(event.Scripted{
		Role: "initial script", Row: 1, Outcome: event.Failed, Duration: 2 * ms, Output: []event.Line{{Text: "preparing"}},
		Failure: &event.ScriptFailure{Failure: "exception", Message: "ReferenceError: guid is not defined",
			Where: source.Excerpt{File: "init.txt", Line: 2, Col: 28}, Script: source.Excerpt{Line: 2, Col: 28, Text: `variables.set("userName", guid());`, Mark: 26, Width: 4}},
	})
	s.request("List users", nil, passedOver(event.NotRun, "the initial script failed"))
	s.pause(0, time.Second, passedOver(event.NotRun, "the initial script failed"))
	return s.close(event.Failed, "the initial script failed", event.Counts{Steps: 2, Assertions: 3, ScriptsFailed: 1, StepsNotRun: 2}, 3*ms).
		end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func notSent() []event.Event {
	s := run(1).open("SCIM users", "users.json", 2)
	url := `            "url": "{{base}}/Users/{{userId}}"`
	problem := event.Problem{Code: "undefined-variable", Outcome: event.Failed, Message: "Request failed to set 'url' — Variable 'userId' was not defined",
		Hint:  "give it a value with --var userId=VALUE; step 1 sets it, but did not find it",
		Where: source.Excerpt{File: "users.json", Line: 31, Col: 36, Text: url, Mark: 35, Width: 10}}
	empty := event.Problem{Code: "not-sent", Outcome: event.Failed, Message: "Unable to execute empty request", Hint: "the request was not sent, because a variable in it has no value"}
	s.request("Get the user", nil, failed(event.Counts{Assertions: 2, AssertionsFailed: 2, Variables: 1}), problem, empty,
		event.Extracted{Row: 1, Name: "x", Outcome: event.NotRun}, notRun(1), notRun(2))
	s.request("Delete the user", nil, failed(event.Counts{}), problem, empty)
	return s.close(event.Failed, "", event.Counts{Steps: 2, Assertions: 2, AssertionsFailed: 2, StepsFailed: 2}, 3*ms).
		end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func noResponse() []event.Event {
	s := run(1).open("SCIM users", "users.json", 2)
	x := answer("GET", "/Users?count=1", 0, "", "")
	x.Response, x.Timings = nil, exchange.Timings{DNS: ms, Connect: 2 * ms, Total: 3 * ms}
	x.Failure = &event.TransportFailure{Failure: "connect", Message: "dial tcp 127.0.0.1:8080: connection refused"}
	finished := event.StepFinished{Outcome: event.Errored, Counts: event.Counts{Assertions: 12, AssertionsFailed: 12}, Hints: []string{"nothing listens on localhost:8080: is the server running, and on this port?"}}
	var rows []event.Body
	for i := range 12 {
		rows = append(rows, notRun(i+1))
	}
	problem := event.Problem{Code: "transport-connect", Outcome: event.Errored, Message: x.Failure.Message, Where: at(11, `            "url": "{{base}}/Users?count=1"`, `"{{base}}/Users?count=1"`)}
	s.request("List users", x, finished, append([]event.Body{problem}, rows...)...)
	y := *x
	y.Failure, y.Timings = &event.TransportFailure{Failure: "timeout", Message: "no answer within 1s"}, exchange.Timings{Reused: true, Wait: time.Second, Total: time.Second}
	s.request("", &y, event.StepFinished{Outcome: event.Errored})
	return s.close(event.Errored, "", event.Counts{Steps: 2, Assertions: 12, AssertionsFailed: 12, StepsErrored: 2}, 1003*ms).
		end(event.RunFinished{Outcome: event.Errored, Tests: 1, TestsFailed: 1})
}

func pauses() []event.Event {
	s := run(1).open("Provisioning", "crud.json", 12)
	list := answer("GET", "/Users", 200, "OK", userList)
	s.request("List users", list, passed(1)).pause(5*time.Second, 5*time.Second, passed(0))
	s.request("List users again", list, passed(1)).pause(10*time.Second, time.Minute, passed(0)).pause(500*ms, 500*ms, passed(0))
	s.request("And again", list, passed(1))
	for range 3 {
		s.pause(0, 90*time.Second, passedOver(event.Skipped, "--pauses skip"))
	}
	s.request("Not wanted", nil, passedOver(event.Skipped, "skipped in the file"))
	s.request("Not wanted either", nil, passedOver(event.Skipped, "skipped in the file"))
	s.request("", nil, passedOver(event.Skipped, "not chosen"))
	return s.close(event.Passed, "", event.Counts{Steps: 12, Assertions: 3, StepsSkipped: 6, StepsPassed: 6}, 123*time.Second).
		end(event.RunFinished{Outcome: event.Passed, Tests: 1})
}

func stopped() []event.Event {
	reason := "an earlier step failed, and --stop-on-failure was given"
	s := run(1).open("SCIM users", "users.json", 3)
	s.request("List users", answer("GET", "/Users", 500, "Internal Server Error", ""), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), unequal(1, 20, "a", "1", "2", "number"))
	s.request("Get the user", nil, passedOver(event.NotRun, reason)).request("Delete the user", nil, passedOver(event.NotRun, reason))
	return s.close(event.Failed, reason, event.Counts{Steps: 3, Assertions: 4, AssertionsFailed: 1, StepsNotRun: 2}, 9*ms).
		end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func interrupted() []event.Event {
	s := run(2).open("SCIM users", "users.json", 2)
	s.request("List users", answer("GET", "/Users", 200, "OK", userList), passed(1))
	s.pause(5*time.Second, 5*time.Second, passedOver(event.NotRun, "interrupted by SIGINT"))
	s.close(event.Errored, "interrupted by SIGINT", event.Counts{Steps: 2, Assertions: 1, StepsNotRun: 1}, 900*ms)
	s.open("SCIM groups", "groups.json", 1).request("List groups", nil, passedOver(event.NotRun, "interrupted by SIGINT"))
	s.close(event.Errored, "interrupted by SIGINT", event.Counts{Steps: 1, Assertions: 2, StepsNotRun: 1}, 0)
	return s.end(event.RunFinished{Outcome: event.Errored, Tests: 2, TestsFailed: 2, Counts: event.Counts{Steps: 3, Assertions: 3, StepsNotRun: 2}, Duration: 900 * ms, Interrupted: "SIGINT"})
}
