package work

import (
	"bufio"
	"encoding/json"
	"os"
)

type (
	export struct {
		Name  string `json:"name"`
		Steps []any  `json:"steps"`
	}
	pause struct {
		Kind    string `json:"step_type"`
		Seconds int    `json:"duration"`
	}
	step struct {
		Kind       string              `json:"step_type"`
		Note       string              `json:"note"`
		Method     string              `json:"method"`
		URL        string              `json:"url"`
		Headers    map[string][]string `json:"headers"`
		Body       string              `json:"body,omitempty"`
		Variables  []row               `json:"variables"`
		Assertions []row               `json:"assertions"`
		Scripts    []string            `json:"scripts"`
	}
	row struct {
		Source     string `json:"source"`
		Name       string `json:"name,omitempty"`
		Property   string `json:"property,omitempty"`
		Comparison string `json:"comparison,omitempty"`
		Value      string `json:"value,omitempty"`
	}
)

// WriteExport writes requests as an exported test below the base address, which may be a variable. With pauses there is one
// of five seconds between any two steps.
func WriteExport(path, name, base string, requests []Request, pauses bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriter(f)
	e := export{Name: name}
	for i, r := range requests {
		if pauses && i > 0 {
			e.Steps = append(e.Steps, pause{"pause", 5})
		}
		e.Steps = append(e.Steps, stepOf(r, base))
	}
	if err := json.NewEncoder(out).Encode(e); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func stepOf(r Request, base string) step {
	s := step{Kind: "request", Note: r.Name, Method: r.Method, URL: base + r.Path, Body: r.Body, Headers: map[string][]string{}}
	for name, value := range Headers(r) {
		s.Headers[name] = []string{value}
	}
	for name, path := range r.Keep {
		s.Variables = append(s.Variables, row{Source: "response_json", Name: name, Property: path})
	}
	for _, c := range r.Checks {
		s.Assertions = append(s.Assertions, row{Source: c.Source, Property: c.Path, Comparison: c.Comparison, Value: c.Value})
	}
	if r.Script != "" {
		s.Scripts = []string{r.Script}
	}
	return s
}

// Headers are what goes with a request.
func Headers(r Request) map[string]string {
	headers := map[string]string{"Accept": "application/scim+json"}
	if r.Token != "" {
		headers["Authorization"] = r.Token
	}
	if r.Body != "" {
		headers["Content-Type"] = "application/json"
		return headers
	}
	headers["Accept-Charset"] = "utf-8"
	headers["Content-Type"] = "application/scim+json; charset=utf-8"
	headers["User-Agent"] = "SCIM Integration"
	return headers
}
