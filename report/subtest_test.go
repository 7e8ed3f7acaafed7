package report

import "offscope/event"

func subPassed(steps, assertions int) event.TestFinished {
	return event.TestFinished{Outcome: event.Passed, Counts: event.Counts{Steps: steps, Assertions: assertions}, Duration: 15 * ms}
}

func subtests() []event.Event {
	s := run(1).open("SCIM users", "users.json", 4)
	s.users("List users")
	result := resultOf(`{"result":"pass","variables":{"token":"` + auth + `"}}`)
	token := event.Extracted{Row: 1, Name: "token", Source: "response_json", Property: "variables.token", Outcome: event.Passed, Value: auth, Type: "string"}
	s.subtest("Get a token", logIn, func() { s.users("Ask for a token").users("Look at it") }, subPassed(2, 2), passed(1), result, token)
	other := event.TestStarted{Name: "Clean up everything that was ever made by this test or by another", File: "tests/in/a/deep/folder/cleanup.json", Line: 1, Col: 1, Steps: 1, Environment: "staging"}
	s.subtest("", other, func() { s.users("Delete the users") }, subPassed(1, 1), passed(0), resultOf(`{"result":"pass"}`))
	return allDone(s.users("List users again"), 4, 3, 0)
}

var wrong = unequal(1, 20, "totalResults", "1", "0", "number")

// failedSubtest adds a subtest whose last step fails, and with it the step that runs it.
func (s *stream) failedSubtest(note string) *stream {
	row := unequal(1, 44, "result", "pass", "fail", "string")
	return s.subtest(note, logIn, func() {
		s.users("Ask for a token")
		s.request("Look at it", answer("GET", "/Users?count=1", 200, "OK", `{"totalResults":0}`), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}, "the server has no users yet"), wrong)
	}, event.TestFinished{Outcome: event.Failed, Counts: event.Counts{Steps: 2, Assertions: 2, AssertionsFailed: 1}, Duration: 15 * ms},
		failed(event.Counts{Assertions: 1, AssertionsFailed: 1}, "the subtest failed; its steps are above"), resultOf(`{"result":"fail","name":"Log in"}`), row)
}

func subtestFailed() []event.Event {
	s := run(1).open("SCIM users", "users.json", 3).users("List users").failedSubtest("Get a token").users("List users again")
	return allFailed(s, "", event.Counts{Steps: 3, Assertions: 3, AssertionsFailed: 1, StepsFailed: 1})
}

func subtestNested() []event.Event {
	s := run(1).open("SCIM users", "users.json", 2)
	outer := event.TestStarted{Name: "Prepare", File: "prepare.json", Line: 1, Col: 1, Steps: 3}
	script := event.Scripted{
		Role: "initial script", Row: 1, Outcome: event.Failed,
		Failure: &event.ScriptFailure{Failure: "exception", Message: "ReferenceError: guid is not defined", Where: property(2, "x")},
	}
	notice := event.Notice{Severity: "error", Code: "x", Message: "something worth knowing"}
	s.subtest("", outer, func() {
		s.users("Before").failedSubtest("").users("After")
	}, event.TestFinished{Outcome: event.Failed, Counts: event.Counts{Steps: 3, Assertions: 3, AssertionsFailed: 1}}, passed(0), resultOf(`{"result":"fail"}`))
	s.subtest("A script that fails", logIn, func() {
		s.add(notice, script)
		s.request("Ask for a token", nil, passedOver(event.NotRun, "the initial script failed"))
	}, event.TestFinished{Outcome: event.Failed, Reason: "the initial script failed", Counts: event.Counts{Steps: 2, ScriptsFailed: 1, StepsNotRun: 2}}, failed(event.Counts{}), event.Problem{Outcome: event.Failed, Message: "the subtest failed"})
	return allFailed(s, "", event.Counts{Steps: 2, StepsFailed: 1})
}

func subtestInNests() []event.Event {
	s := run(1).open("SCIM users", "users.json", 4)
	s.condition("", passed(0), isActive("active"), func() {
		s.subtest("In a condition", logIn, func() { s.users("Ask for a token").users("Look at it") }, subPassed(2, 2), passed(1), resultOf("{}"))
	})
	s.loop("", passed(0), []string{"new", "done"}, func() {
		if s.round == 1 {
			s.failedSubtest("")
			return
		}
		s.subtest("", logIn, func() { s.users("Ask for a token").users("Look at it") }, subPassed(2, 2), passed(0), resultOf("{}"))
	})
	return allFailed(s, "", event.Counts{Steps: 4, Assertions: 2, AssertionsFailed: 1, StepsFailed: 1})
}

func subtestInterrupted() []event.Event {
	s := run(1).open("SCIM users", "users.json", 3)
	s.subtest("Get a token", logIn, func() {
		s.users("Ask for a token").request("Look at it", nil, passedOver(event.NotRun, sigint))
	}, event.TestFinished{Outcome: event.Errored, Reason: sigint, Counts: event.Counts{Steps: 2, Assertions: 2, StepsNotRun: 1}},
		passedOver(event.NotRun, sigint), notRun(1))
	s.request("List users", nil, passedOver(event.NotRun, sigint)).request("List them again", nil, passedOver(event.NotRun, sigint))
	s.close(event.Errored, sigint, event.Counts{Steps: 3, Assertions: 3, StepsNotRun: 3}, 900*ms)
	return s.end(event.RunFinished{Outcome: event.Errored, Tests: 1, TestsFailed: 1, Interrupted: "SIGINT"})
}

// subtestNotRun are subtests that never began.
func subtestNotRun() []event.Event {
	s := run(1).open("SCIM users", "users.json", 2)
	s.step++
	s.add(event.StepStarted{StepKind: "subtest", File: "users.json", Line: 4, Col: 5},
		event.Problem{Code: "subtest-not-found", Outcome: event.Failed, Message: "there is no test 0f3c here", Hint: "say in the environment's tests where it is", Where: at(5, `      "test_uuid": "0f3c"`, `"0f3c"`)},
		notRun(1), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}))
	s.step++
	s.add(event.StepStarted{StepKind: "subtest", File: "users.json", Line: 8, Col: 5}, passedOver(event.Skipped, "skipped in the file"))
	return allFailed(s, "", event.Counts{Steps: 2, Assertions: 1, AssertionsFailed: 1, StepsFailed: 1, StepsSkipped: 1})
}

// sideBySide are two tests, each of them in the middle of a subtest when the other goes on.
func sideBySide() []event.Event {
	one := run(2).open("SCIM users", "users.json", 1).failedSubtest("Get a token").close(event.Failed, "", event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1}, 0)
	two := new(stream)
	two.test = 1
	two.open("SCIM groups", "groups.json", 1).failedSubtest("Get a token").close(event.Failed, "", event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1}, 0)
	mixed := one.events[:1:1]
	const most = 4
	for a, b := one.events[1:], two.events; len(a)+len(b) > 0; a, b = b, a {
		n := min(most, len(a))
		mixed = append(mixed, a[:n]...)
		a = a[n:]
	}
	for i := range mixed {
		mixed[i].Seq = i + 1
	}
	return append(mixed, event.Event{Seq: len(mixed) + 1, Body: event.RunFinished{Outcome: event.Failed, Tests: 2, TestsFailed: 2, Counts: event.Counts{Steps: 2, Assertions: 2, AssertionsFailed: 2}}})
}
