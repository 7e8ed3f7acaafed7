package bucket

import (
	"bytes"

	"offscope/jsontree"
	"offscope/source"
)

// yamlEnvironment knows keys that no script has as labels.
var yamlEnvironment = whenNeeded(`(?m)^(initial_variables|initial_script_file|verify_ssl|preserve_cookies|stop_on_failure)\s*:`)

// ParseScript reads an initial script, which is text as it stands, without a byte order mark. A file that is known to be
// something else (a page, a test, an environment, text in another encoding) is refused by name; whether the text is a script at
// all is for the engine to say. The text is empty when a diagnostic is an error.
func ParseScript(f *source.File) (source.Text, source.Diagnostics) {
	r := &reader{report: report{file: f}}
	text := bytes.TrimSpace(withoutMark(f.Bytes()))
	if len(text) > 0 && (r.notText() || r.notAScript(text) || r.notUTF8()) {
		return source.Text{}, r.finish()
	}
	at := f.Whole()
	at.Start = len(f.Bytes()) - len(withoutMark(f.Bytes()))
	return source.Verbatim(at), nil
}

// notAScript refuses text that is known to be no script, and reports whether it did.
func (r *reader) notAScript(text []byte) bool {
	say := func(message, hint string) bool {
		at := r.spot(bytes.Index(r.file.Bytes(), text[:1]))
		r.add(source.Diagnostic{Code: "not-a-script", Place: at, Message: message, Hint: hint})
		return true
	}
	switch {
	case isHTML(text):
		return say("this is an HTML page, not a script", "download the file itself, not the page that shows it; on GitHub that is Raw")
	case text[0] == '<':
		return say("this is XML, not a script", "give the file that sets the variables")
	case text[0] != '{' && text[0] != '[':
		if !yamlEnvironment().Match(text) || script().Match(text) {
			return false
		}
		r.file.Private = true
		return say("this is an environment, not a script", "give it with -e")
	}
	root, err := jsontree.Parse(r.file.Bytes())
	if err != nil {
		return false // a block or a list, then
	}
	if root.Kind == jsontree.Array && len(root.Items) > 0 {
		root = root.Items[0]
	}
	switch {
	case root.Get("steps") != nil:
		return say("this is a test, not a script", "give it as FILE, and the script with --initial-script")
	case isEnvironment(root):
		r.file.Private = true
		return say("this is an environment, not a script", "give it with -e")
	case len(root.Members) > 0:
		r.file.Private = true
		return say("this is JSON, not a script", "give the file that sets the variables; values alone are given with --var-file")
	}
	return false
}
