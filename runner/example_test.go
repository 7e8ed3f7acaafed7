package runner_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"offscope/bucket"
	"offscope/event"
	"offscope/jsengine"
	"offscope/runner"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

const export = `{"name": "Users", "steps": [
  {"step_type": "request", "note": "list users", "method": "GET", "url": "{{base}}/users", "assertions": [
    {"source": "response_status", "comparison": "equal_number", "value": 200}]},
  {"step_type": "request", "note": "find Ada", "method": "GET", "url": "{{base}}/users/ada", "assertions": [
    {"source": "response_json", "property": "name", "comparison": "equal", "value": "Ada"}]}
]}`

// Running a test from Go code: parse, plan, run, and look at the events.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"name": "Ida"}`)
	}))
	defer server.Close()

	document, diagnostics := bucket.Parse(source.NewFile("users.json", []byte(export)))
	if err := diagnostics.Err(); err != nil {
		fmt.Println(err)
		return
	}
	base := source.NewFile("base", []byte(server.URL))
	plan := runner.NewPlan(document.Tests[0], runner.Options{
		Values: []variables.Initial{{Name: "base", Text: source.Verbatim(base.Whole()), Origin: variables.Origin{Kind: variables.Flag}}},
	})
	client, err := transport.New(transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	engine := jsengine.New(jsengine.Options{})
	defer engine.Close()

	end, err := runner.Run(context.Background(), []*runner.Plan{plan}, runner.Machinery{Sender: client, Engine: engine}, event.SinkFunc(func(e event.Event) error {
		switch b := e.Body.(type) {
		case event.StepFinished:
			fmt.Printf("step %d %s\n", e.Step, b.Outcome)
		case event.Asserted:
			if b.Outcome.Bad() {
				fmt.Printf("%s:%d:%d: %s\n", b.Where.File, b.Where.Line, b.Where.Col, b.Message)
			}
		}
		return nil
	}))
	fmt.Println(end.Outcome, end.Counts.AssertionsFailed, err)
	// Output:
	// step 1 passed
	// users.json:5:85: 'Ida' was not equal to 'Ada'
	// step 2 failed
	// failed 1 <nil>
}

// Driving a test by hand: each step goes through four stages, between which there is time to look, or to do something else.
func ExampleTest() {
	document, _ := bucket.Parse(source.NewFile("users.json", []byte(export)))
	engine := jsengine.New(jsengine.Options{})
	defer engine.Close()
	base := source.NewFile("base", []byte("http://users.example.com"))
	plan := runner.NewPlan(document.Tests[0], runner.Options{
		Values: []variables.Initial{{Name: "base", Text: source.Verbatim(base.Whole()), Origin: variables.Origin{Kind: variables.Flag}}},
	})

	ctx := context.Background()
	run := runner.Begin([]*runner.Plan{plan}, runner.Machinery{Engine: engine}, event.SinkFunc(func(event.Event) error { return nil }))
	test := run.Test(ctx, 0)
	for step := test.Next(ctx); step != nil; step = test.Next(ctx) {
		attempt := test.Prepare(ctx, step)
		fmt.Println(attempt.Request.Method, attempt.Request.URL)
		// attempt.Send(ctx) sends it, attempt.Check(ctx) checks what came back, attempt.Finish() tells it as events
		break
	}
	// Output: GET http://users.example.com/users
}
