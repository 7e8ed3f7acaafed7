package bucket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

var (
	environmentKeys = []string{
		"name", "initial_variables", "secrets", "script", "initial_script_file", "extends", "headers", "auth", "verify_ssl",
		"preserve_cookies", "stop_on_failure", "http_version_support", "force_h2c", "proxy", "client_certificate", "client_key",
		"client_key_passphrase", "pre_request_scripts", "post_response_scripts", "libraries", "script_library", "tests", "files",
		"id", "test_id", "parent_environment_id",
	}
	// environmentBookkeeping says where the service runs a test and whom it tells: nothing that happens here.
	environmentBookkeeping = []string{
		"regions", "remote_agents", "webhooks", "emails", "integrations", "initial_script_hash", "exported_at", "version",
		"created_at", "created_by", "updated_at", "bucket_key",
	}
	// environmentIdle are behaviours of the service that a local run does not have, which is said.
	environmentIdle = []string{"retry_on_failure", "advanced_diagnostics"}
)

// environment reads one environment. In a file of its own a key that is not known is an error, because its author meant
// something by it. Beside tests the service wrote it, and it may never be used: what is wrong there makes it unusable, and not
// the file.
func (r *reader) environment(v *jsontree.Value, own bool) *Environment {
	e := &Environment{File: r.file, Place: r.place(v)}
	if own {
		r.fillEnvironment(e, v, own)
		return e
	}
	r.softly(&e.Unsupported, func() { r.fillEnvironment(e, v, own) })
	return e
}

func (r *reader) fillEnvironment(e *Environment, v *jsontree.Value, own bool) {
	for f := range r.fields(v, "an environment") {
		switch {
		case r.environmentKey(e, f), r.settingKey(e, f), r.fileKey(e, f, own):
		case slices.Contains(environmentBookkeeping, f.Name):
		case own:
			r.strange(f)
		default:
			r.unknownKey(f, environmentKeys)
		}
	}
	r.finishCertificate(e)
	if e.InitialScriptFile.Value != "" && e.Script.Value != "" {
		r.warn("two-scripts", v, "the environment has a script and an initial_script_file: the file is used", "remove one of them")
	}
}

// environmentKey reads who the environment is, what it inherits from, its variables and its scripts.
func (r *reader) environmentKey(e *Environment, f field) bool {
	switch f.Name {
	case "id":
		e.ID = r.id(f)
	case "name":
		e.Name = r.scalar(f).Value
	case "test_id":
		e.TestID = r.id(f)
	case "parent_environment_id":
		e.ParentID = r.id(f)
	case "initial_variables":
		e.Initial = r.values(f)
	case "secrets":
		e.Secrets = r.names(f)
	case "script":
		e.Script = r.script(f)
	case "pre_request_scripts":
		e.BeforeScripts = r.scripts(f, &e.Unsupported)
	case "post_response_scripts":
		e.AfterScripts = r.scripts(f, &e.Unsupported)
	case "retry_on_failure":
		if !isBlank(f.Value) && r.flag(f) {
			r.noEffect(f, "a failed run is never repeated by itself")
		}
	case "advanced_diagnostics":
		if !isBlank(f.Value) && f.Value.Kind != jsontree.False { // its shape is not public, and nothing depends on it
			r.noEffect(f, "nothing looks at the network but the requests")
		}
	default:
		return false
	}
	return true
}

// script reads the initial script; a blank one is none.
func (r *reader) script(f field) source.Text {
	if text := r.text(f); strings.TrimSpace(text.Value) != "" {
		return text
	}
	return source.Text{}
}

// noEffect notes a setting that the service acts upon and a local run does not.
func (r *reader) noEffect(f field, why string) {
	r.once(source.Diagnostic{
		Code: "no-effect", Severity: source.Notice, Place: f.NamePlace(r.file),
		Message: f.String() + " has no effect here: " + why,
	})
}

// strange refuses a key that nobody knows.
func (r *reader) strange(f field) {
	d := source.Diagnostic{
		Code: "unknown-key", Place: f.NamePlace(r.file),
		Message: fmt.Sprintf("the key %s of an environment is not known", quote(f.Name)),
		Hint:    "variables go below initial_variables; the keys are " + strings.Join(environmentKeys, ", "),
	}
	if near := cmp.Or(otherKeys[f.Name], source.Nearest(f.Name, environmentKeys)); near != "" {
		d.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	r.add(d)
}

// otherKeys are names that one would expect, too.
var otherKeys = map[string]string{
	"variables": "initial_variables", "vars": "initial_variables", "values": "initial_variables", "env": "initial_variables",
	"initial_script": "initial_script_file", "script_file": "initial_script_file",
}

// values reads names with one value each, as the initial variables have them.
func (r *reader) values(f field) []NamedText {
	v := r.object(f)
	if v == nil {
		return nil
	}
	var values []NamedText
	for m := range r.fields(v, f.String()) {
		if r.isUnfilled(m.Value) {
			r.add(source.Diagnostic{
				Code: "no-value", Severity: source.Warning, Place: m.NamePlace(r.file),
				Message: quote(m.Name) + " has no value here, and counts as not given",
				Hint:    `write its value behind the colon, or "" for empty text, or remove the line`,
			})
			continue
		}
		values = append(values, NamedText{r.nameText(m.Member), r.value(m)})
	}
	return values
}

// isUnfilled reports whether nothing at all stands in the place of a value, as in a form of YAML that was not filled in.
func (r *reader) isUnfilled(v *jsontree.Value) bool {
	if v.Kind != jsontree.Null {
		return false
	}
	written := strings.ToLower(string(r.file.Bytes()[v.Start:v.End]))
	return written != "null" && written != "~"
}

// value reads the value of one variable. Null is the empty text, with a warning: the service's documentation does not say
// what it does with it.
func (r *reader) value(m field) source.Text {
	what := "the value of " + quote(m.Name)
	switch {
	case strings.TrimSpace(m.Name) == "":
		r.add(source.Diagnostic{Code: "no-name", Place: m.NamePlace(r.file), Message: "a variable needs a name"})
	case !isScalar(m.Value):
		r.fail("wrong-type", m.Value, fmt.Sprintf("%s must be text, found %s", what, describe(m.Value)), "write it as one text, such as JSON in quotes")
	case m.Value.Kind == jsontree.Null:
		r.warn("null-value", m.Value, what+" is null: it is used as empty text", `write "" for empty text`)
	}
	return r.textOf(m.Value)
}

// names reads a list of names.
func (r *reader) names(f field) []source.Text {
	if f.Value.Kind == jsontree.Object && !isEmpty(f.Value) {
		r.fail("wrong-type", f.Value, f.String()+" must be a list of names, found an object",
			"list the names only; values stand below initial_variables or come from --secret and --secrets-file")
		return nil
	}
	var names []source.Text
	for _, v := range r.list(f) {
		if v.Kind != jsontree.String || strings.TrimSpace(v.Text) == "" {
			r.wrongType(v, "a name in "+f.String(), "text that is not empty")
			continue
		}
		names = append(names, r.textOf(v))
	}
	return names
}
