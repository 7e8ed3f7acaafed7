package bucket

import (
	"bytes"
	"regexp"
	"sync"
	"unicode/utf8"

	"offscope/jsontree"
	"offscope/source"
)

const importThere = "only exports of the service are read: import this file in the service, and export the test it becomes"

// notText refuses a file that is no text, and reports whether it did.
func (r *reader) notText() bool {
	data := r.file.Bytes()
	say := func(code, message, hint string) bool {
		r.add(source.Diagnostic{Code: code, Place: r.spot(0), Message: message, Hint: hint})
		return true
	}
	switch {
	case len(bytes.TrimSpace(withoutMark(data))) == 0:
		return say("empty-file", "the file is empty", "download or export it again")
	case isUTF16(data):
		return say("utf-16", "the file is UTF-16 text", "save it as UTF-8")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		return say("archive", "the file is a compressed archive", "unpack it, and give the file inside")
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		r.add(source.Diagnostic{
			Code: "binary-file", Place: r.spot(at),
			Message: "the file is binary: it has zero bytes in it", Hint: "give a text file, saved as UTF-8",
		})
		return true
	}
	return false
}

// notUTF8 refuses text in another encoding, and reports whether it did. Read on, its characters would be lost, and a step
// would send something other than what is written.
func (r *reader) notUTF8() bool {
	data := r.file.Bytes()
	if utf8.Valid(data) {
		return false
	}
	at := 0
	for at < len(data) {
		c, size := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	r.add(source.Diagnostic{
		Code: "not-utf-8", Place: r.spot(at),
		Message: "the file is not UTF-8 text: from here on characters would be lost", Hint: "save it as UTF-8, or export it again",
	})
	return true
}

func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// isUTF16 knows the byte order marks, and text without one by the zero beside its first letter.
func isUTF16(data []byte) bool {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return true
	}
	return len(data) >= 4 && len(data)%2 == 0 && utf8.Valid(data[:2]) &&
		(data[0] == 0) != (data[1] == 0) && (data[2] == 0) == (data[0] == 0) && (data[3] == 0) == (data[1] == 0)
}

// The usual file needs none of these, and compiling them takes longer than reading it.
var (
	script       = whenNeeded(`\b(variables\.(set|get)\s*\(|function\s*\w*\s*\(|(var|let|const)\s+\w+\s*=|Math\.)|=>`)
	openAPI      = whenNeeded(`(?m)^["']?(openapi|swagger)["']?\s*:`)
	yamlSurround = whenNeeded(`(?m)^(name|initial_variables|secrets|script|initial_script_file|extends|verify_ssl|preserve_cookies|` +
		`stop_on_failure|pre_request_scripts|post_response_scripts|headers|auth|client_certificate|libraries|script_library)\s*:`)
	yamlTest = whenNeeded(`(?m)^\s*(- )?(steps|step_type)\s*:`)
	dotenv   = whenNeeded(`(?m)\A(#.*\n|\s*\n)*(export\s+)?[A-Za-z_]\w*=`)
)

func whenNeeded(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// notTests refuses text that is not JSON and is known to be something else, and reports whether it did. The name of the thing
// helps more than the first character that is not JSON.
func (r *reader) notTests() bool {
	text := bytes.TrimSpace(withoutMark(r.file.Bytes()))
	begin := text[:min(len(text), 64<<10)]
	say := func(message, hint string) bool {
		at := r.spot(bytes.Index(r.file.Bytes(), text[:1]))
		r.add(source.Diagnostic{Code: "not-a-test", Place: at, Message: message, Hint: hint})
		return true
	}
	switch {
	case begin[0] == '{' || begin[0] == '[' || begin[0] == '"':
		return false
	case isHTML(begin):
		return say("this is an HTML page, not a test", "download the file itself, not the page that shows it; on GitHub that is Raw")
	case begin[0] == '<':
		return say("this is XML, not a test", importThere)
	case openAPI().Match(begin):
		return say("this is an OpenAPI or Swagger description, not a test", importThere)
	case yamlTest().Match(begin):
		return say("tests are read as JSON, and this is YAML", "give the exported JSON file")
	case yamlSurround().Match(begin):
		r.file.Private = true
		return say("this is an environment, not a test", "give it with -e, and the test as FILE")
	case dotenv().Match(begin):
		r.file.Private = true
		return say("this is a file of variables, not a test", "give it with --var-file or --secrets-file, and the test as FILE")
	case script().Match(begin):
		return say("this is a script, not a test", "give it with --initial-script, and the test as FILE")
	case len(text) < 200 && bytes.Contains(bytes.ToLower(text), []byte("not found")):
		return say("this is a server's answer that there is no such file, not a test", "check the address that it was downloaded from")
	case begin[0] != '/' && begin[0] != '#' && !isJSON(text):
		r.file.Private = true
		return say("this is not JSON, and so not a test", "give a file that was exported from the service")
	}
	return false
}

func isJSON(text []byte) bool {
	_, err := jsontree.Parse(text)
	return err == nil
}

// isHTML reports whether text without space before it begins as a page does.
func isHTML(text []byte) bool {
	lower := bytes.ToLower(text[:min(len(text), 1024)])
	return lower[0] == '<' && bytes.Contains(lower, []byte("<html")) || bytes.HasPrefix(lower, []byte("<!doctype html"))
}

// refused says of an object that it is not a test when it is known to be something else, and reports whether it did.
func (r *reader) refused(v *jsontree.Value) bool {
	say := func(message, hint string) bool {
		r.fail("not-a-test", v, message, hint)
		return true
	}
	has := func(name string) bool { return v.Get(name) != nil }
	switch {
	case isResult(v):
		return say("this is the result of a run, not a test", "export the test itself: in its menu, Export")
	case has("steps"):
		return false
	case has("step_type"):
		return say("this is a single step, not a test", "put it into a list: [ … ]")
	case isEnvironment(v):
		r.file.Private = true
		return say("this is an environment, not a test", "give it with -e, and the test as FILE")
	case has("collection") && has("run"):
		return say("this is the result of a Newman run, not a test", "import the collection in the service, and export the test it becomes")
	case isPostman(v), has("collection") && isPostman(v.Get("collection")):
		return say("this is a Postman collection, not a test", importThere)
	case has("__export_format"):
		return say("this is an Insomnia export, not a test", importThere)
	case v.Get("log") != nil && v.Get("log").Get("entries") != nil:
		return say("this is an HTTP archive (HAR), not a test", importThere)
	case has("openapi"), has("swagger"):
		return say("this is an OpenAPI or Swagger description, not a test", importThere)
	case has("name"), isBucket(v):
		return false
	}
	r.file.Private = true // whatever it is
	return say("this is not a test: it has no name and no steps", "give a file that was exported from the service")
}

// isResult knows what the service's API and its webhooks tell of runs: the answer that starts them, their details, and those of
// one request.
func isResult(v *jsontree.Value) bool {
	has := func(name string) bool { return v.Get(name) != nil }
	switch {
	case has("test_run_id"), has("test_run_uuid"), has("requests_executed"):
		return true
	case has("steps"):
		return false
	}
	return has("assertions_defined") || has("result") && has("requests") || has("runs") && has("runs_started")
}

// isEnvironment knows environments by keys that tests do not have.
func isEnvironment(v *jsontree.Value) bool {
	for _, key := range []string{
		"initial_variables", "initial_script_file", "script", "secrets", "verify_ssl", "preserve_cookies", "parent_environment_id",
	} {
		if v.Get(key) != nil && !isBucket(v) {
			return true
		}
	}
	return false
}

// isPostman knows both formats of collections.
func isPostman(v *jsontree.Value) bool {
	return v.Get("item") != nil && v.Get("info") != nil || v.Get("requests") != nil && v.Get("order") != nil
}
