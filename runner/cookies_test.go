package runner

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"offscope/event"
)

func TestCookies(t *testing.T) {
	t.Parallel()
	three := steps(get(""), get(""), get(""))
	own := steps(get(""), get(`"headers":{"Cookie":["sid=mine","b=2"]}`))
	for _, r := range []struct {
		name string
		run  run
		want string
	}{
		{"Q31 preserve_cookies, verify_ssl: off when nobody says more", run{steps: three}, ";;"},
		{"2.2 preserve_cookies", run{env: "preserve_cookies: true\n", steps: three}, ";sid=session-1;sid=session-2"},
		{"2.2 preserve_cookies of the shared environment", run{shared: "name: s\npreserve_cookies: true\n", env: "name: e\n", steps: three}, ";sid=session-1;sid=session-2"},
		{"2.2 preserve_cookies by a flag", run{options: Options{Cookies: On}, steps: three}, ";sid=session-1;sid=session-2"},
		{"2.2 preserve_cookies switched off by a flag", run{env: "preserve_cookies: true\n", options: Options{Cookies: Off}, steps: three}, ";;"},
		{"the step's own cookie goes before that of the jar", run{options: Options{Cookies: On}, steps: own}, ";sid=mine; b=2"},
		{"by path", run{options: Options{Cookies: On}, steps: steps(strings.Replace(get(""), "/x", "/deep/x", 1), get(""), strings.Replace(get(""), "/x", "/deep/y", 1))}, ";;sid=session-1; sid=session-2"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			r.run.handler = func(w http.ResponseWriter, q *http.Request) {
				got = append(got, q.Header.Get("Cookie"))
				path := "/"
				if strings.HasPrefix(q.URL.Path, "/deep") {
					path = "/deep"
				}
				w.Header().Set("Set-Cookie", fmt.Sprintf("sid=session-%d; Path=%s", len(got), path))
			}
			out, end, _ := r.run.do(t)
			if joined := strings.Join(got, ";"); joined != r.want || end.Outcome != event.Passed {
				t.Errorf("got %q, want %q", joined, r.want)
			}
			if strings.Contains(out.encoded(t), "session-") {
				t.Errorf("a cookie shows\n%s", out.encoded(t))
			}
		})
	}
}

func TestNothingIsKeptBetweenRuns(t *testing.T) {
	t.Parallel()
	var got []string
	one := run{options: Options{Cookies: On}, steps: get(""), handler: func(w http.ResponseWriter, q *http.Request) {
		got = append(got, q.Header.Get("Cookie"))
		w.Header().Set("Set-Cookie", "sid=session-value")
	}}
	one.do(t)
	one.do(t)
	if strings.Join(got, "") != "" {
		t.Errorf("3.4 cookies of an earlier run: %q", got)
	}
}
