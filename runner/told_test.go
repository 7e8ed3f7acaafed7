package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offscope/event"
)

// What is told of a request is what goes out: a length that a step makes up does not.
func TestHeadersThatAreNotSentAreNotShown(t *testing.T) {
	t.Parallel()
	post := func(more string) string {
		return `{"step_type":"request","method":"POST","url":"SERVER/x","body":"four",` + more + `}`
	}
	for _, row := range []struct {
		name, step string
		shown      string // of the header in the event
		notices    []string
	}{
		{"a made-up length", post(`"headers":{"content-length":"999"}`), "", []string{"the header content-length was not sent as it was given: it follows from the body"}},
		{"no length", post(`"headers":{"Content-Length":"length"}`), "", []string{"the header Content-Length was not sent"}},
		{"its own length", post(`"headers":{"Content-Length":"4"}`), "4", nil},
		{"a length without a body", get(`"headers":{"Content-Length":"0"}`), "", []string{"the header Content-Length was not sent"}},
		{"a coding, and trailers", post(`"headers":{"Transfer-Encoding":["chunked"],"Trailer":["X"]}`), "", []string{"the header Transfer-Encoding was", "the header Trailer was"}},
		{"of a script", post(`"before_scripts":["request.headers['Content-Length'] = ['7']"]`), "", []string{"the header Content-Length was not sent"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, _, seen := run{steps: row.step}.do(t)
			h := one[event.Exchanged](t, r, 1).Request.Header
			if got := h.Get("Content-Length"); got != row.shown || h.Has("Transfer-Encoding") || h.Has("Trailer") || seen.count() != 1 {
				t.Errorf("%d requests, shown %v", seen.count(), h)
			}
			notices := all[event.Notice](r, 1)
			if len(notices) != len(row.notices) {
				t.Fatalf("notices %+v", notices)
			}
			for i, n := range notices {
				if n.Code != "header-not-sent" || !strings.HasPrefix(n.Message, row.notices[i]) {
					t.Errorf("%+v", n)
				}
			}
		})
	}
}

func TestSharedInitialScriptsAreNamed(t *testing.T) {
	t.Parallel()
	r, _, _ := run{
		env: "name: own\nscript: log(1)\n", shared: "name: shared\nscript: log(2)\n", steps: get(""),
	}.do(t)
	scripts := all[event.Scripted](r, 0)
	if len(scripts) != 2 || scripts[0].Role != "shared initial script" || scripts[1].Role != "initial script" {
		t.Errorf("%+v", scripts)
	}
	r, end, _ := run{env: "name: own\n", shared: "name: shared\nscript: throw 1\n", steps: get("")}.do(t)
	if f := all[event.TestFinished](r, 0); end.Outcome != event.Failed || f[0].Reason != "the shared initial script failed" {
		t.Errorf("%+v", f)
	}
}

func TestAnExchangeTellsWhenItWasSent(t *testing.T) {
	t.Parallel()
	clock := newClock()
	began := clock.Now()
	r, _, _ := run{steps: steps(pause, get(""), get("")), clock: clock}.do(t)
	if x := one[event.Exchanged](t, r, 2); !x.Started.Equal(began.Add(7 * time.Second)) {
		t.Errorf("started %v, the run %v", x.Started, began)
	}
}

func TestDurationsAreWrittenBriefly(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		10 * time.Minute: "10m", time.Hour: "1h", 90 * time.Second: "1m30s", 40 * time.Second: "40s", time.Hour + 10*time.Minute: "1h10m", 150 * time.Millisecond: "150ms", 0: "0s",
	} {
		if got := briefly(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestALinkOutOfTheFolderOfFilesIsNamed(t *testing.T) {
	t.Parallel()
	outside, folder := filepath.Join(t.TempDir(), "outside.txt"), t.TempDir()
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link.txt")); err != nil {
		t.Skip(err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r, _, _ := run{steps: get(`"binary_body":{"file":"link.txt"}`), options: Options{Files: root.FS()}}.do(t)
	if p := all[event.Problem](r, 1)[0]; !strings.HasSuffix(p.Message, "it lies outside of the folder of files, behind a link") || p.Hint == "" {
		t.Errorf("%+v", p)
	}
}

func TestHowToDefineAFunctionsValue(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"incoming_url(tok)": `a step of the test has to wait for it: an incoming request step with the token "tok"`,
		"get_secret(key)":   "give it with --secret key=VALUE",
		"x":                 "give it with --var x=VALUE",
	} {
		if got := howToDefine(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
