package jsengine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"offscope/exchange"
	"offscope/jsengine/libraries"
	"offscope/jsontree"
	"offscope/source"
)

// TestMain fixes what is fixed once in a process: the zone of Date, and the longest time a regular expression may take,
// which has to be short here.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	switch os.Getenv(childVariable) {
	case "worker":
		if err := ServeWorker(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case "hostile":
		fixRegexpTimeout(hostileTimeout)
	}
	fixRegexpTimeout(testTimeout)
	code := m.Run()
	isolated().Close()
	os.Exit(code)
}

const testTimeout = 5 * time.Second

// A row is a script and the transcript it must leave.
type row struct {
	name   string
	script string
	want   string
	world  func(*World) // changes the usual world
}

// check runs each row's script in a world of the role, and compares transcripts.
func check(t *testing.T, role Role, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := testWorld(role)
			if r.world != nil {
				r.world(&w)
			}
			result := runScript(t, r.script, w)
			if got := transcript(result); got != r.want {
				t.Errorf("script: %s\ngot:\n%s\nwant:\n%s", r.script, got, r.want)
			}
			far := testWorld(role)
			if r.world != nil {
				r.world(&far)
			}
			sameIsolated(t, r.script, result, w, far)
		})
	}
}

func needLibraries(t testing.TB) {
	t.Helper()
	if !libraries.Available() {
		t.Skip("the script libraries are not built: run npm ci && npm run build in jsengine/libraries")
	}
}

func compile(t testing.TB, script string) *Program {
	t.Helper()
	p, problem := Compile(source.Opaque(script, source.Place{}), "script")
	if problem != nil {
		t.Fatal(problem)
	}
	return p
}

func runScript(t testing.TB, script string, w World) Result {
	t.Helper()
	return New(Options{}).Run(context.Background(), compile(t, script), w)
}

// transcript writes what a script did, a line each: what it printed as it is, assertions, the failure.
func transcript(r Result) string {
	var lines []string
	for _, l := range r.Output {
		switch {
		case l.Kind == Log:
			lines = append(lines, l.Text)
		case l.Ignored:
			lines = append(lines, "ignored: "+l.Text)
		case l.Passed:
			lines = append(lines, "pass: "+l.Text)
		default:
			lines = append(lines, "fail: "+l.Text)
		}
	}
	if f := r.Failure; f != nil {
		lines = append(lines, fmt.Sprintf("%s: %s", f.Kind, f.Message))
	}
	return strings.Join(lines, "\n")
}

type testVariables map[string]*jsontree.Value

func (v testVariables) Get(name string) (*jsontree.Value, bool) {
	value, ok := v[name]
	return value, ok
}

func (v testVariables) Unset(name string) { delete(v, name) }

func (v testVariables) Set(name string, value *jsontree.Value) error {
	if name == "full" {
		return errors.New("there is no room for full")
	}
	v[name] = value
	return nil
}

func (v testVariables) String() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		lines = append(lines, name+"="+v[name].Compact())
	}
	return strings.Join(lines, " ")
}

func testWorld(role Role) World {
	w := World{
		Role: role,
		Variables: testVariables{
			"name":   jsontree.FromString("Ada"),
			"count":  jsontree.FromNumber("3"),
			"object": mustParse(`{"b":1,"a":[true,null,1.50],"b":2,"__proto__":"own"}`),
		},
		Secret: func(name string) (string, bool) { return "s3cret", name == "token" },
		Bucket: "bkt42",
		Now:    func() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) },
		Random: func() float64 { return 0.25 },
	}
	if role == Initial {
		return w
	}
	w.Request = &Request{
		Method: "POST",
		URL:    `http://api.test:8080/v2/Users?filter=userName eq "a b"&count=2&count=3#top`,
		Header: exchange.Header{{Name: "accept", Value: "a/b"}, {Name: "X-Twice", Value: "1"}, {Name: "x-twice", Value: "2"}},
		Body:   `{"a":1}`, HasBody: true,
	}
	if role == PostResponse {
		w.Response = &Response{
			Status: 201, Reason: "Created", Body: `{"id":"42","n":[1,2]}`, TimeMS: 12, Size: 21,
			Header: exchange.Header{{Name: "Content-Type", Value: "application/json"},
				{Name: "Set-Cookie", Value: "a=1"}, {Name: "Set-Cookie", Value: "b=2"}},
		}
	}
	return w
}

func mustParse(text string) *jsontree.Value {
	v, err := jsontree.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}
