package report

import (
	"fmt"
	"strings"

	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

func several() []event.Event {
	s := run(3).open("SCIM users", "bucket.json", 1)
	s.request("List users", answer("GET", "/Users", 200, "OK", userList), passed(2))
	s.close(event.Passed, "", event.Counts{Steps: 1, Assertions: 2}, 20*ms)
	s.open("SCIM groups", "bucket.json", 1).request("List groups", answer("GET", "/Groups", 200, "OK", "{}"),
		failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), unequal(1, 20, "totalResults", "1", "0", "number"))
	s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1}, 20*ms)
	s.open("Wait", "bucket.json", 1).request("Wait for it", nil, failed(event.Counts{}), event.Problem{Message: "Unable to execute empty request"})
	s.close(event.Failed, "", event.Counts{Steps: 1}, 0)
	return s.end(event.RunFinished{Outcome: event.Failed, Tests: 3, TestsFailed: 2, Counts: event.Counts{Steps: 3, Assertions: 3, AssertionsFailed: 1}, Duration: 40 * ms})
}

// mixed is what two tests that run side by side write.
func mixed() []event.Event {
	a := run(2).open("SCIM users", "users.json", 2)
	list := answer("GET", "/Users", 200, "OK", userList)
	a.request("List users", list, passed(1)).request("Get the user", list, passed(1)).close(event.Passed, "", event.Counts{Steps: 2, Assertions: 2}, 0)
	b := new(stream)
	b.test = 1
	b.open("SCIM groups", "groups.json", 1).request("List groups", list, passed(1)).close(event.Passed, "", event.Counts{Steps: 1, Assertions: 1}, 0)
	// The run, the users' opening and first step; the groups' opening and step; the rest of the users; the groups' end.
	mixed := append([]event.Event(nil), a.events[:5]...)
	mixed = append(append(mixed, b.events[:4]...), a.events[5:]...)
	mixed = append(mixed, b.events[4:]...)
	return append(mixed, event.Event{Body: event.RunFinished{Outcome: event.Passed, Tests: 2, Counts: event.Counts{Steps: 3, Assertions: 3}}})
}

func notices() []event.Event {
	s := run(1)
	s.add(event.Notice{Severity: "warning", Code: "no-environment", Message: "no environment was given"})
	s.open("SCIM users", "users.json", 1)
	s.add(event.Notice{Severity: "warning", Code: "duplicate-key", Message: `the key "note" stands here twice; the last one counts`, Hint: "remove one of the two", Where: at(7, `      "note": "a", "note"`, `"note"`)},
		event.Notice{Severity: "notice", Code: "value-overwritten", Message: `the initial script sets "base", which --var had given`, Hint: "an initial script has the last word, as in the hosted service; change the script to keep your value"},
		event.Notice{Severity: "error", Code: "script-syntax", Message: "unexpected end of input", Where: at(12, `        "assert("`, `"`)},
		event.Notice{Severity: "warning", Code: "secret-file", Message: "the variable is not used", Where: source.Excerpt{File: "env.yaml", Line: 4, Col: 3}})
	s.request("List users", answer("GET", "/Users", 200, "OK", userList), passed(1))
	return s.close(event.Passed, "", event.Counts{Steps: 1, Assertions: 1}, 20*ms).end(event.RunFinished{Outcome: event.Passed, Tests: 1})
}

func secrets() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	encoded := exchange.Mark{Secret: "auth", Encoding: exchange.URLEncoded}.String()
	basic := exchange.Mark{Secret: "API key", Encoding: exchange.Base64}.String()
	x := exchangedAs{answer("POST", "/Users?token="+encoded, 401, "Unauthorized", `{"detail":"no such token: `+auth+`"}`)}.with(`{"password":"`+auth+`"}`, "application/json")
	x.Request.Header.Set("Authorization", "Basic "+basic)
	text := `          "value": "Bearer ` + auth + `", "x"`
	row := unequal(1, 20, "detail", "Bearer "+auth, "no such token: "+auth, "string")
	row.Where = source.Excerpt{File: "users.json", Line: 20, Col: 20, Text: text, Mark: len([]rune(text)) - 3, Width: 3}
	inside := row
	inside.Row, inside.Where.Mark, inside.Where.Width = 2, 27, 2 // begins and ends in the middle of the mark
	s.request("Log in as "+auth, x, failed(event.Counts{Assertions: 2, AssertionsFailed: 2}, "is "+auth+" still valid?"), row, inside,
		event.Extracted{Row: 1, Name: "token", Outcome: event.Passed, Value: auth, Type: "string"})
	return s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 2, AssertionsFailed: 2}, 20*ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func unicodes() []event.Event {
	s := run(1).open("利用者 – SCIM", "ファイル.json", 2)
	s.request("ユーザーの一覧を取得する", answer("GET", "/Users", 200, "OK", userList), passed(1))
	row := unequal(1, 20, "名前", "山田", "山本", "string")
	row.Where = at(20, `          "property": "名前", "value": "山田"`, `"山田"`)
	s.request("Größe prüfen", answer("GET", "/Users", 200, "OK", `{"名前":"山本"}`), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), row)
	return s.close(event.Failed, "", event.Counts{Steps: 2, Assertions: 2, AssertionsFailed: 1}, 20*ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func control() []event.Event {
	s := run(1).open("Evil\x1b]0;title\x07", "users.json", 1)
	evil := "\x1b[2J\x1b[31mred\x07\r\nnext\u202eright to left\u009b1m\xff"
	x := exchangedAs{answer("POST", "/Users", 400, "Bad\x1b[0m", evil)}.with("a\x1b[1mb\r\nit's\\n", "text/plain\x1b[5m")
	s.request("List\rusers", x, failed(event.Counts{Assertions: 1, AssertionsFailed: 1, Scripts: 1, ScriptsFailed: 1}, "look at \x1b[1mthis"),
		unequal(1, 20, "a", "plain", evil, "string"),
		event.Scripted{Role: "post-response script", Row: 1, Outcome: event.Failed, Output: []event.Line{{Text: evil}}, Failure: &event.ScriptFailure{Failure: "exception", Message: evil, Where: property(3, "x")}})
	return s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1, ScriptsFailed: 1}, 20*ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func long() []event.Event {
	s := run(1).open(strings.Repeat("A very long name of a test ", 8), "users.json", 104)
	var list strings.Builder
	for i := range 400 {
		fmt.Fprintf(&list, `{"id":"%d","userName":"user%d"},`, i, i)
	}
	x := answer("GET", "/Users", 200, "OK", `{"Resources":[`+list.String()+`{}]}`)
	row := unequal(1, 20, "x", "short", strings.Repeat("0123456789", 500), "string")
	row.Where = at(20, `"`+strings.Repeat("a", 90)+`", "value": "short"`, `"short"`)
	s.request(strings.Repeat("A very long note ", 12), x, failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), row)
	var output []event.Line
	for i := range 30 {
		output = append(output, event.Line{Text: fmt.Sprintf("%d %s", i, strings.Repeat("word ", 40))})
	}
	html := answer("GET", "/Users", 200, "OK", "<html>"+strings.Repeat("<p>no line end here</p>", 900))
	html.Response.Body.Cut, html.Response.Body.Size = true, 5<<20
	s.request("A note of sixty-one letters, which pushes the figures outward", html, failed(event.Counts{Scripts: 1, ScriptsFailed: 1}),
		event.Scripted{Role: "post-response script", Row: 1, Outcome: event.Failed, Output: output, Failure: &event.ScriptFailure{Failure: "exception", Message: strings.Repeat("it went wrong ", 12), Where: property(3, "x")}})
	image := exchangedAs{answer("PUT", "/photo", 200, "OK", "")}.with("", "image/png")
	image.Request.Body = event.Content{Size: 1234567, Binary: true}
	s.request("Upload", image, failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), missing(1, 5, "id", "id", event.Nearest{Type: "object", Keys: strings.Fields(strings.Repeat("key ", 50))}))
	return s.close(event.Failed, "", event.Counts{Steps: 104, Assertions: 2, AssertionsFailed: 2, ScriptsFailed: 1}, 3723*1000*ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func posted() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	body := "{\r\n  \"userName\": \"o'neill\",\r\n  \"active\": true\r\n}"
	x := exchangedAs{answer("POST", "/Users", 409, "Conflict", `{"detail":"userName is taken","status":"409"}`)}.with(body, "application/scim+json")
	s.request("Create a user", x, failed(event.Counts{Assertions: 1, AssertionsFailed: 1}),
		event.Asserted{Row: 1, Label: "Status", Comparison: "equal_number", Target: "201", Expected: "201", Actual: "409", Type: "number", Outcome: event.Failed,
			Message: "'409' was not equal to the number 201", Where: target(20, "201")})
	return s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1}, 20*ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

func unsupported() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	s.step = 1
	s.add(event.StepStarted{StepKind: "condition", File: "users.json", Line: 4, Col: 5},
		event.Problem{Code: "unsupported", Outcome: event.Failed, Message: "condition steps are not supported yet", Where: at(5, `      "step_type": "condition"`, `"condition"`), Hint: "the step was not executed; everything else in the file still is"},
		failed(event.Counts{}))
	return s.close(event.Failed, "", event.Counts{Steps: 1, StepsFailed: 1}, ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}
