package bucket

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

const inheritedJSON = `[
	{"id": "s", "name": "shared", "secrets": ["a", "b"], "headers": {"X-Team": ["one", "two"], "Accept": "a"},
		"libraries": {"l1": "one.js", "l2": "two.js"}, "script_library": ["l1"], "tests": {"t": "t.json", "u": "u.json"}, "files": "up/"},
	{"name": "child", "test_id": "t", "parent_environment_id": "s", "secrets": ["b", "c"], "headers": {"x-team": ["three", "four"]},
		"libraries": {"l2": "other.js"}, "script_library": ["l1", "l3"], "tests": {"u": "v.json"}}
]`

func TestLayersRunFromTheOutermostInwards(t *testing.T) {
	t.Parallel()
	shared := &Environment{Name: "shared"}
	middle := &Environment{Name: "middle", Parent: shared}
	inner := &Environment{Name: "inner", Parent: middle}
	if diff := cmp.Diff([]string{"shared", "middle", "inner"}, layerNames(inner)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	shared.Parent = inner
	if got := layerNames(inner); len(got) != 3 || got[2] != "inner" {
		t.Errorf("a circle gives %v", got)
	}
	if got := (*Environment)(nil).Layers(); got != nil {
		t.Errorf("no environment has the layers %v", got)
	}
}

func layerNames(e *Environment) []string {
	var names []string
	for _, layer := range e.Layers() {
		names = append(names, layer.Name)
	}
	return names
}

func TestMergedSettings(t *testing.T) {
	t.Parallel()
	found, _ := environments(t, "a.json", inheritedJSON)
	m := found[1].Merged()
	if diff := cmp.Diff([]string{"Accept=a", "x-team=three", "x-team=four"}, pairs(m.Headers)); diff != "" {
		t.Errorf("headers: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"t=t.json", "u=v.json"}, pairs(m.Tests)); diff != "" {
		t.Errorf("tests: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, values(m.Secrets)); diff != "" {
		t.Errorf("secrets: -want +got:\n%s", diff)
	}
	if len(m.Libraries) != 2 || m.Libraries[0].Path.Value != "one.js" || m.Libraries[1].Path.Value != "other.js" || m.Files.Value != "up/" {
		t.Errorf("libraries %+v, files %q", m.Libraries, m.Files.Value)
	}
	if diff := cmp.Diff([]string{"l3"}, values(m.UnansweredLibraries())); diff != "" {
		t.Errorf("libraries without a file: -want +got:\n%s", diff)
	}
	if m.Files.Place.File != found[0].File {
		t.Error("a path does not know the file it is relative to")
	}
	if diff := cmp.Diff([]string{"X-Team=one", "X-Team=two", "Accept=a"}, pairs(found[0].Merged().Headers)); diff != "" {
		t.Errorf("the parent was changed: -want +got:\n%s", diff)
	}
}

func TestNoEnvironmentHasTheDefaults(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(Merged{VerifySSL: true}, (*Environment)(nil).Merged(), cmp.AllowUnexported(source.Text{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if said := (*Environment)(nil).Overruled(); said != nil {
		t.Errorf("said %v", said)
	}
}

// They are said of the environment that is used, and not of every one of a list.
func TestOverruledBehaviours(t *testing.T) {
	t.Parallel()
	found, said := environments(t, "a.json", `[{"name": "a", "parent_environment_id": "2", "verify_ssl": true, "stop_on_failure": false,
		"preserve_cookies": true, "http_version_support": "HTTP/1 only", "force_h2c": false},
		{"name": "b", "id": "2", "verify_ssl": false, "stop_on_failure": true, "http_version_support": "HTTP/2 only", "force_h2c": null}]`)
	if len(said) > 0 {
		t.Errorf("reading the list said\n%s", draw(said))
	}
	var got []string
	for _, d := range found[0].Overruled() {
		got = append(got, d.Severity.String()+" "+d.Message)
	}
	want := []string{
		`warning verify_ssl of the environment "a" has no effect: the shared environment "b" has changed it`,
		`warning stop_on_failure of the environment "a" has no effect: the shared environment "b" has changed it`,
		`warning http_version_support of the environment "a" has no effect: the shared environment "b" has changed it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if said := found[1].Overruled(); len(said) > 0 {
		t.Errorf("said of the shared one: %v", said)
	}
}

func TestUnansweredLibraries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want []string
	}{
		{`"script_library": ["a", {"id": 2, "name": "x"}]`, []string{"a", "2"}},
		{`"script_library": ["a", 2], "libraries": {"a": "a.js"}`, []string{"2"}},
		{`"script_library": ["a", 2], "libraries": ["a.js"]`, nil},
		{`"script_library": [], "libraries": {"a": "a.js"}`, nil},
	} {
		found, _ := environments(t, "a.json", `{"name": "e", `+test.text+`}`)
		if diff := cmp.Diff(test.want, values(found[0].Merged().UnansweredLibraries())); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.text, diff)
		}
	}
}

func TestBehavioursOfTheSharedEnvironmentStayChanged(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, test := range []struct {
		shared, child *bool
		verify, stop  bool
	}{
		{nil, nil, true, false},
		{nil, &yes, true, true},
		{nil, &no, false, false},
		{&yes, nil, true, true},
		{&yes, &no, false, true}, // verify_ssl is on by default, so that the child may switch it off
		{&no, &yes, false, true}, // stop_on_failure is off by default, so that the child may switch it on
		{&no, nil, false, false},
	} {
		shared := &Environment{VerifySSL: test.shared, StopOnFailure: test.shared, PreserveCookies: test.shared, ForceH2C: test.shared}
		child := &Environment{VerifySSL: test.child, StopOnFailure: test.child, PreserveCookies: test.child, ForceH2C: test.child, Parent: shared}
		m := child.Merged()
		if m.VerifySSL != test.verify || m.StopOnFailure != test.stop || m.PreserveCookies != test.stop || m.ForceH2C != test.stop {
			t.Errorf("shared %v, child %v: %+v", test.shared, test.child, m)
		}
	}
}

func TestParentsAreFoundBesideTheTestFirst(t *testing.T) {
	t.Parallel()
	d, said := parse(t, `{"key": "k", "shared_environments": [{"id": "s", "name": "bucket's"}, {"id": "x", "name": "other", "parent_environment_id": "s"}],
		"tests": [{"name": "n", "steps": [{"step_type": "pause", "duration": 1}], "environments": [
			{"name": "a", "parent_environment_id": "s"}, {"id": "l", "name": "local"}, {"name": "b", "parent_environment_id": "l"}]}]}`)
	es := d.Tests[0].Environments
	if es[0].Parent != d.Environments[0] || es[2].Parent != es[1] || d.Environments[1].Parent != d.Environments[0] || len(said) > 0 {
		t.Errorf("parents %v, said %v", layerNames(es[0]), said)
	}
}

func TestAnEmbeddedEnvironmentThatCannotBeReadIsRefusedOnUse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`"headers": 3`, `"auth": "x"`, `"initial_variables": {"a": [1]}`, `"http_version_support": "3"`, `"proxy": {"moon": "x"}`, `"verify_ssl": "maybe"`,
		`"extends": "a.yaml"`, `"initial_script_file": "a.js"`, `"client_key": "k"`, `"pre_request_scripts": [{"snippet": 1}]`, `"libraries": "a.js"`,
		`"auth": {"auth_type": "oauth_2", "grant": {"scope": "a"}}`, `"script": ["a"]`, `"proxy": [1]`, `"tests": ["a"]`, `"script_library": [true]`,
	} {
		d, said := parse(t, `{"name": "n", "environments": [{"name": "e", `+text+`}], "steps": [{"step_type": "pause", "duration": 1}]}`)
		e := d.Tests[0].Environments[0]
		if len(e.Unsupported) != 1 || len(e.Merged().Unsupported) != 1 || said.Err() != nil {
			t.Errorf("%s: refused %q, said %v", text, whats(e.Unsupported), said)
		}
		if _, said := ParseEnvironment(source.NewFile("e.json", []byte(`{"name": "e", `+text+`}`))); said.Err() == nil &&
			text != `"extends": "a.yaml"` && text != `"initial_script_file": "a.js"` {
			t.Errorf("%s of a file of its own is not refused", text)
		}
	}
}
