// Command bare does the work of the benchmarks with net/http and encoding/json and nothing else: how fast the same requests
// with the same checks can be at all on the machine at hand.
//
//	bare spec  BASE TOKEN
//	bare steps BASE TOKEN USER-ID N
//	bare large URL N
//	bare nothing
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"offscope/scripts/bench/work"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 1 && args[0] == "nothing" {
		return nil
	}
	l := loop{variables: map[string]string{}}
	if len(args) < 3 {
		return fmt.Errorf("want spec, steps or large with their arguments, not %q", args)
	}
	base, rest := args[1], args[2:]
	switch {
	case args[0] == "spec":
		l.newUser()
		l.variables[work.TokenVariable] = rest[0]
		return l.all(base, work.Spec())
	case args[0] == "steps" && len(rest) == 3:
		l.variables[work.TokenVariable], l.variables[work.UserVariable] = rest[0], rest[1]
		n, err := strconv.Atoi(rest[2])
		if err != nil {
			return err
		}
		return l.all(base, work.Steps(n))
	case args[0] == "large":
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		return l.all(base, work.Large(n))
	}
	return fmt.Errorf("no such work: %q", args)
}

// A loop sends requests one after the other.
type loop struct {
	variables map[string]string
	checks    int
}

func (l *loop) newUser() {
	v := l.variables
	v["first"] = fmt.Sprint("Bench", rand.IntN(1000))
	v["last"] = fmt.Sprint("L", rand.Uint64())
	v["mail"] = v["first"] + v["last"] + "@example.com"
	v["capitals"] = strings.ToUpper(v["mail"])
	v["nobody"], v["noId"] = "nobody@example.com", "0101010010101010110010101010110"
}

func (l *loop) all(base string, requests []work.Request) error {
	for _, r := range requests {
		if err := l.one(base, r); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	fmt.Println(len(requests), "requests,", l.checks, "checks")
	return nil
}

func (l *loop) one(base string, r work.Request) error {
	url := strings.NewReplacer(" ", "%20", `"`, "%22").Replace(base + l.fill(r.Path))
	request, err := http.NewRequest(r.Method, url, strings.NewReader(l.fill(r.Body)))
	if err != nil {
		return err
	}
	for name, value := range work.Headers(r) {
		request.Header.Set(name, l.fill(value))
	}
	began := time.Now()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return err
	}
	took := time.Since(began)
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		return err
	}
	for name, path := range r.Keep {
		l.variables[name] = fmt.Sprint(find(tree, path))
	}
	for _, c := range r.Checks {
		l.checks++
		if !holds(c, l.fill(c.Value), response.StatusCode, took, tree) {
			return fmt.Errorf("%s %s %s %s: not so", c.Source, c.Path, c.Comparison, c.Value)
		}
	}
	return scripted(r, tree)
}

// scripted does by hand what the one script of the work does.
func scripted(r work.Request, tree any) error {
	if r.Script == "" || find(tree, "totalResults") == 0.0 {
		return nil
	}
	if _, ok := find(tree, "Resources").([]any); !ok {
		return fmt.Errorf("the groups are no list")
	}
	return nil
}

// fill puts values in the places of variables.
func (l *loop) fill(text string) string {
	for {
		before, rest, found := strings.Cut(text, "{{")
		if !found {
			return text
		}
		name, after, _ := strings.Cut(rest, "}}")
		text = before + l.variables[name] + after
	}
}

func holds(c work.Check, want string, status int, took time.Duration, tree any) bool {
	switch c.Source {
	case "response_status":
		return strconv.Itoa(status) == want
	case "response_time":
		limit, err := strconv.Atoi(want)
		return err == nil && took < time.Duration(limit)*time.Millisecond
	}
	value := find(tree, c.Path)
	switch c.Comparison {
	case "not_empty":
		return value != nil && value != ""
	case "is_a_number":
		_, ok := value.(float64)
		return ok
	case "equal", "equal_number":
		return fmt.Sprint(value) == want
	case "has_value", "contains":
		list, _ := value.([]any)
		for _, item := range list {
			if item == want {
				return true
			}
		}
	}
	return false
}

// find follows a path such as Resources[0].name.familyName; nil when it leads nowhere.
func find(tree any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(part, "[")
		object, _ := tree.(map[string]any)
		tree = object[name]
		if indexed {
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			list, _ := tree.([]any)
			if err != nil || i >= len(list) {
				return nil
			}
			tree = list[i]
		}
	}
	return tree
}
