package bucket

import (
	"bytes"
	"errors"

	"offscope/jsontree"
	"offscope/source"
)

// Parse reads a file of tests: a test, a list of tests, a list of steps, an answer of the service's API with any of these in
// it, or a bucket backup. The document is nil when the file cannot be used, that is when at least one diagnostic is an error;
// otherwise they are warnings and notices. Diagnostics are in the order of their places, and all problems of the file are
// among them, except that no more than fifty of a severity are listed.
//
// A file that turns out to be an environment becomes private: no excerpt of it is drawn.
func Parse(f *source.File) (*Document, source.Diagnostics) {
	r := &reader{report: report{file: f}}
	if r.notText() || r.notTests() || r.notUTF8() {
		return nil, r.finish()
	}
	root := r.json("the export")
	if root == nil {
		return nil, r.finish()
	}
	d := r.document(root)
	r.linkDocument(d)
	if r.failed() {
		d = nil
	}
	return d, r.finish()
}

// json parses the file as JSON; nil after an error.
func (r *reader) json(what string) *jsontree.Value {
	data := r.file.Bytes()
	root, err := jsontree.Parse(data)
	if err == nil {
		r.surrogates(data)
		return root
	}
	if bytes.Contains(data, []byte(`"initial_variables"`)) && !bytes.Contains(data, []byte(`"steps"`)) {
		r.file.Private = true // a broken environment: its values are not shown
	}
	var syntax *jsontree.SyntaxError
	if !errors.As(err, &syntax) {
		r.add(source.Diagnostic{Code: "json-syntax", Place: r.file.Whole(), Message: err.Error()})
		return nil
	}
	r.add(r.syntax(syntax, what))
	return nil
}

// syntax words a syntax error. What was found is not shown of a private file, since it may be a part of a secret.
func (r *reader) syntax(e *jsontree.SyntaxError, what string) source.Diagnostic {
	end := len(r.file.Bytes())
	d := source.Diagnostic{Code: "json-syntax", Place: r.spot(e.Offset), Message: e.Message}
	if !r.file.Private {
		d.Message = e.Error()
	}
	if e.Open >= 0 && e.Open < end {
		bracket := r.file.Bytes()[e.Open]
		d.Related = append(d.Related, source.Related{Place: r.spot(e.Open), Message: "this " + string(bracket) + " is still open"})
	}
	if e.Offset >= end {
		d.Code = "json-cut-off"
		d.Message = what + " is cut off: " + e.Message
		d.Hint = "download or export the file again"
	}
	return d
}

// spot is the place of one byte; at the end of the file it is the last one, so that there is a line to be shown.
func (r *reader) spot(offset int) source.Place {
	end := len(r.file.Bytes())
	for offset >= end && offset > 0 {
		offset = end - 1
		for offset > 0 && isSpace(r.file.Bytes()[offset]) {
			offset--
		}
	}
	return source.Place{File: r.file, Start: offset, End: min(offset+1, end)}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// document reads the root of a file of tests.
func (r *reader) document(root *jsontree.Value) *Document {
	d := &Document{File: r.file}
	root = r.unwrap(root)
	if root == nil {
		return d
	}
	switch root.Kind {
	case jsontree.Object:
		r.one(d, root)
	case jsontree.Array:
		r.many(d, root)
	default:
		r.fail("not-a-test", root, "the file holds "+describe(root)+", not a test", "give a file that was exported from the service")
	}
	return d
}

// unwrap returns what an answer of the service's API holds; other values as they are. Nil after an error.
func (r *reader) unwrap(v *jsontree.Value) *jsontree.Value {
	if !isAnswer(v) {
		return v
	}
	data := v.Get("data")
	if data.Kind == jsontree.Null {
		r.fail("api-error", v, "this is an answer of the service with an error in it, not with data", "ask the service again")
		return nil
	}
	return data
}

// isAnswer knows answers by what stands beside the data. Data alone is one as well: somebody took the rest away.
func isAnswer(v *jsontree.Value) bool {
	data := v.Get("data")
	switch {
	case data == nil || v.Get("steps") != nil:
		return false
	case v.Get("error") != nil || v.Get("meta") != nil:
		return true
	}
	return len(v.Members) == 1 && !isScalar(data)
}

func (r *reader) one(d *Document, v *jsontree.Value) {
	if r.refused(v) {
		return
	}
	if isBucket(v) {
		d.Shape = Backup
		r.bucket(d, v)
		r.testless(d, v)
		return
	}
	d.Tests = []*Test{r.test(v, &bucketHead{})}
}

func (r *reader) many(d *Document, v *jsontree.Value) {
	first := firstObject(v.Items)
	switch {
	case len(v.Items) == 0:
		r.fail("no-tests", v, "this is an empty list: there is no test in it", "export the bucket again")
	case first != nil && first.Get("step_type") != nil:
		d.Shape = StepList
		d.Tests = []*Test{r.stepList(v)}
	case first != nil && isBucket(first):
		d.Shape = Backup
		r.backup(d, v.Items)
		r.testless(d, v)
	case first != nil && r.refused(first): // one word about the list is enough
	default:
		d.Shape = TestList
		d.Tests = r.tests(v.Items, &bucketHead{})
	}
}

func (r *reader) testless(d *Document, v *jsontree.Value) {
	if len(d.Tests) == 0 && !r.failed() {
		r.fail("no-tests", v, "there is no test in this backup", "")
	}
}

func firstObject(items []*jsontree.Value) *jsontree.Value {
	for _, v := range items {
		if v.Kind == jsontree.Object {
			return v
		}
	}
	return nil
}

func isBucket(v *jsontree.Value) bool {
	tests := v.Get("tests")
	return tests != nil && tests.Kind == jsontree.Array && v.Get("steps") == nil &&
		(v.Get("key") != nil || v.Get("shared_environments") != nil)
}
