package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"offscope/scim"
)

// A pipeline is the shell part of an example in the documentation, by the words of the build server.
type pipeline struct {
	doc, heading string
	// jobs are the jobs in the order in which they run, each once for every environment.
	jobs []pipelineJob
	// leaves are the files that are there afterwards.
	leaves []string
}

type pipelineJob struct {
	name         string // "" is all of it
	environments []string
}

var pipelines = []pipeline{
	{"ci.md", "GitHub Actions", []pipelineJob{{"api", []string{""}}}, []string{"junit.xml", "records"}},
	{"ci.md", "GitLab", []pipelineJob{{"api", []string{""}}}, []string{"junit.xml", "records"}},
	{"ci.md", "Jenkins", []pipelineJob{{"", []string{""}}}, []string{"junit.xml", "records"}},
	{"ci.md", "Anywhere else", []pipelineJob{{"", []string{""}}}, []string{"junit.xml", "report.json", "summary.md", "run.log", "run.har"}},
	{"scale.md", "Joining", []pipelineJob{{"", []string{""}}}, []string{"junit.xml", "events.ndjson"}},
	{"scale.md", "A matrix in GitHub Actions", []pipelineJob{{"shard", []string{"SHARD=1", "SHARD=2", "SHARD=3", "SHARD=4"}}, {"report", []string{""}}}, []string{"junit.xml", "summary.md"}},
	{"scale.md", "An indexed Job in Kubernetes", []pipelineJob{
		{"offscope-shards", []string{"JOB_COMPLETION_INDEX=0", "JOB_COMPLETION_INDEX=1", "JOB_COMPLETION_INDEX=2", "JOB_COMPLETION_INDEX=3"}}, {"offscope-report", []string{""}},
	}, []string{"results/junit.xml", "results/report.json"}},
}

func TestPipelinesInTheDocumentationRun(t *testing.T) {
	t.Parallel()
	for _, p := range pipelines {
		t.Run(p.doc+" "+p.heading, func(t *testing.T) {
			t.Parallel()
			parts := shellParts(t, p.doc, p.heading)
			good := newWorkspace(t, "Bearer ci-token")
			if err := good.run(t, p, parts); err != nil {
				t.Errorf("it fails: %v", err)
			}
			for _, path := range p.leaves {
				if _, err := os.Stat(filepath.Join(good.folder, path)); err != nil {
					t.Errorf("it leaves no %s", path)
				}
			}
			// With a wrong secret the tests fail, and the build with them, and the test view says why.
			bad := newWorkspace(t, "Bearer wrong-token")
			if err := bad.run(t, p, parts); err == nil {
				t.Error("it does not fail when the tests do")
			}
			if p.heading != "Anywhere else" && p.heading != "Joining" {
				junit, _ := filepath.Glob(filepath.Join(bad.folder, filepath.Dir(p.leaves[0]), "junit.xml"))
				if len(junit) != 1 {
					t.Error("it leaves no report when the tests fail")
				}
			}
		})
	}
}

// An example that waits for a service also starts it, at the address at which it is awaited.
func TestPipelinesInTheDocumentationStartTheirService(t *testing.T) {
	t.Parallel()
	started := regexp.MustCompile(`ports: \["8080:8080"\]|-p 8080:8080|containerPort: 8080`)
	for _, p := range pipelines {
		for _, language := range []string{"yaml", "groovy"} {
			for _, text := range fences(t, p.doc, p.heading, language) {
				awaited := regexp.MustCompile(`--wait-for http://([\w-]+):8080/`).FindStringSubmatch(text)
				switch {
				case awaited == nil:
				case awaited[1] == "localhost" && !started.MatchString(text), awaited[1] != "localhost" && !strings.Contains(text, "alias: "+awaited[1]):
					t.Errorf("%s, %s: nothing is started at %s:8080", p.doc, p.heading, awaited[1])
				}
			}
		}
	}
}

// A workspace is what a build server gives to a job: a checkout with the tests, and a service beside it.
type workspace struct {
	folder, host string
	environ      []string
}

func newWorkspace(t *testing.T, auth string) workspace {
	t.Helper()
	service := httptest.NewServer(scim.NewServer(scim.Options{Bearer: "ci-token"}))
	t.Cleanup(service.Close)
	w := workspace{folder: t.TempDir(), host: strings.TrimPrefix(service.URL, "http://")}
	for _, folder := range []string{"tests", "results", "offscope/bin", "tools"} {
		if err := os.MkdirAll(filepath.Join(w.folder, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("tests/users.json", serviceTests(), 0o600)
	environment := fences(t, "ci.md", "In a build", "yaml")
	write("tests/ci.yaml", strings.ReplaceAll(environment[0], "localhost:8080", w.host), 0o600)
	write("tools/make", "#!/bin/sh\ntest \"$*\" = '-C offscope build'\n", 0o700)
	w.environ = append(os.Environ(), "PATH="+filepath.Join(w.folder, "tools")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+w.folder, "XDG_STATE_HOME=", "GORACE=atexit_sleep_ms=0", "GITHUB_PATH="+filepath.Join(w.folder, "path"), "GITHUB_RUN_ID=77",
		"GITHUB_STEP_SUMMARY="+filepath.Join(w.folder, "step.md"), "OFFSCOPE_SECRET_auth="+auth)
	return w
}

// serviceTests is a bucket of three tests of a SCIM service.
func serviceTests() string {
	type object = map[string]any
	var tests []object
	for _, resource := range []string{"Users", "Groups", "ServiceProviderConfig"} {
		tests = append(tests, object{"name": resource, "steps": []object{{
			"step_type": "request", "method": "GET", "url": "{{SCIMBaseURL}}/" + resource + "?count=1", "headers": object{"Authorization": []string{"{{auth}}"}},
			"assertions": []object{{"source": "response_status", "comparison": "equal_number", "value": 200}},
		}}})
	}
	text, err := json.MarshalIndent(tests, "", " ")
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (w workspace) run(t *testing.T, p pipeline, parts []shellPart) error {
	t.Helper()
	for _, job := range p.jobs {
		ran := false
		for _, environment := range job.environments {
			failed := error(nil)
			for _, part := range parts {
				if job.name != "" && part.job != job.name {
					continue
				}
				ran = true
				if failed = w.shell(part, environment); failed != nil {
					break
				}
			}
			if failed != nil && len(job.environments) == 1 {
				return failed // the parts of a matrix are looked at together
			}
		}
		if !ran {
			t.Fatalf("the example has no job %q", job.name)
		}
	}
	return nil
}

func (w workspace) shell(part shellPart, environment string) error {
	script := strings.NewReplacer("localhost-scim:8080", w.host, "localhost:8080", w.host).Replace(part.text)
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = w.folder
	cmd.Env = append(w.environ, part.environ(w)...)
	cmd.Env = append(cmd.Env, environment)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s\n%w\n%s", script, err, out)
	}
	return nil
}

// A shellPart is what a job gives to a shell at once.
type shellPart struct {
	job, text string
	variables map[string]string
}

// environ are the variables that the example gives to the part, unless their values come from the build server.
func (p shellPart) environ(w workspace) []string {
	var all []string
	for name, value := range p.variables {
		if !strings.Contains(value, "${{") {
			all = append(all, name+"="+strings.ReplaceAll(value, "localhost-scim:8080", w.host))
		}
	}
	return all
}

var groovyShell = regexp.MustCompile(`(?s)sh '''(.*?)'''`)

// shellParts are the shell parts of the example below a heading.
func shellParts(t *testing.T, doc, heading string) []shellPart {
	t.Helper()
	var parts []shellPart
	for _, text := range fences(t, doc, heading, "sh") {
		parts = append(parts, shellPart{text: text})
	}
	for _, text := range fences(t, doc, heading, "groovy") {
		for _, found := range groovyShell.FindAllStringSubmatch(text, -1) {
			parts = append(parts, shellPart{text: strings.ReplaceAll(found[1], `\\`, `\`)})
		}
	}
	for _, text := range fences(t, doc, heading, "yaml") {
		parts = append(parts, yamlParts(t, text)...)
	}
	if len(parts) == 0 {
		t.Fatalf("%s has no shell part below %q", doc, heading)
	}
	return parts
}

// fences are the fenced blocks of a language below a heading.
func fences(t *testing.T, doc, heading, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", doc))
	if err != nil {
		t.Fatal(err)
	}
	begin := regexp.MustCompile(`(?m)^#+ ` + regexp.QuoteMeta(heading) + `$`).FindIndex(text)
	if begin == nil {
		t.Fatalf("%s has no heading %q", doc, heading)
	}
	section := string(text[begin[1]:])
	if end := regexp.MustCompile(`(?m)^#+ [A-Z].*$`).FindStringIndex(section); end != nil {
		section = section[:end[0]]
	}
	var all []string
	for _, found := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(section, -1) {
		all = append(all, found[1])
	}
	return all
}

// yamlParts finds what GitHub Actions, GitLab and Kubernetes give to a shell.
func yamlParts(t *testing.T, text string) []shellPart {
	t.Helper()
	type container struct {
		Args []string
		Env  []struct{ Name, Value string }
	}
	type step struct {
		Run string
		Env map[string]string
	}
	var parts []shellPart
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var root yaml.Node
		if err := decoder.Decode(&root); err != nil {
			return parts
		}
		var file struct {
			Jobs     map[string]struct{ Steps []step }
			Metadata struct{ Name string }
			Spec     struct {
				Template struct {
					Spec struct{ Containers []container }
				}
			}
		}
		if err := root.Decode(&file); err != nil {
			t.Fatal(err)
		}
		for job, j := range file.Jobs {
			for _, s := range j.Steps {
				if s.Run != "" {
					parts = append(parts, shellPart{job, s.Run, s.Env})
				}
			}
		}
		for _, c := range file.Spec.Template.Spec.Containers {
			variables := map[string]string{}
			for _, v := range c.Env {
				if v.Value != "" {
					variables[v.Name] = v.Value
				}
			}
			parts = append(parts, shellPart{file.Metadata.Name, strings.Join(c.Args, "\n"), variables})
		}
		var jobs map[string]struct {
			Script    []string
			Variables map[string]string
		}
		if root.Decode(&jobs) == nil {
			for job, j := range jobs {
				if len(j.Script) > 0 {
					parts = append(parts, shellPart{job, strings.Join(j.Script, "\n"), j.Variables})
				}
			}
		}
	}
}
