package runner

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/textproto"
	"path"
	"strings"

	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/jsontree"
	"offscope/source"
	"offscope/variables"
)

// A madePart is a part after substitution.
type madePart struct {
	of                              part
	name, value, fileName, mimeType variables.Expansion
}

func (a *Attempt) expandPart(field string, p part) madePart {
	return madePart{
		p, a.expand(field, p.name), a.expand(field, p.value), a.expand(field, p.fileName), a.expand(field, p.mimeType),
	}
}

// expandGraphQL makes the JSON that carries a query (graphql.org, serving over HTTP). The variables are JSON with templates in
// it, which must be JSON still when these are filled in.
func (a *Attempt) expandGraphQL(g *graphQL) (string, bool) {
	before := len(a.problems)
	query, operation := a.expand("graphql_body", g.query), a.expand("graphql_body", g.operation)
	variables := a.expand("graphql_body", g.variables)
	if len(a.problems) > before {
		return "", false
	}
	a.expanded.shortQL = a.test.hasShort(query) || a.test.hasShort(operation) || a.test.hasShort(variables)
	members := []jsontree.Member{{Name: "query", Value: jsontree.FromString(query.String())}}
	if operation.String() != "" {
		members = append(members, jsontree.Member{Name: "operationName", Value: jsontree.FromString(operation.String())})
	}
	if text := strings.TrimSpace(variables.String()); text != "" {
		tree, err := jsontree.Parse([]byte(text))
		if err != nil {
			a.badGraphQL(g, err, a.test.hasShort(variables))
			return "", false
		}
		members = append(members, jsontree.Member{Name: "variables", Value: tree})
	}
	return jsontree.NewObject(members...).Compact(), true
}

// bodyOf returns what is sent as the text that scripts may see and change. A body wins over a form, as it does for scripts.
func bodyOf(r *jsengine.Request) (body []byte, isForm bool) {
	if !r.HasBody && r.Body == "" && len(r.Form) > 0 {
		return []byte(encodeForm(r.Form)), true
	}
	return []byte(r.Body), false
}

// fillBody makes the body that goes out. Files are read only now: a script that fails before leaves them alone.
func (a *Attempt) fillBody(out *exchange.Request, r *jsengine.Request) bool {
	step, e := a.Step.request, &a.expanded
	body, isForm := bodyOf(r)
	switch {
	case len(body) > 0 && !isForm, r.HasBody:
		out.Body = body
	case step.binary != nil:
		return a.binaryBody(out)
	case len(step.multipart) > 0:
		return a.multipartBody(out)
	case isForm:
		out.Body, a.form = body, r.Form
		setDefault(out, "Content-Type", formType)
	}
	if e.graphQL != "" && len(body) > 0 {
		setDefault(out, "Content-Type", "application/json")
		a.hideBody = e.shortQL
	}
	return true
}

// isShortPart reports whether masking a part's text would show a secret.
func (t *Test) isShortPart(p madePart) bool {
	return t.hasShort(p.name) || t.hasShort(p.value) || t.hasShort(p.fileName) || t.hasShort(p.mimeType)
}

func setDefault(r *exchange.Request, name, value string) {
	if !r.Header.Has(name) {
		r.Header.Add(name, value)
	}
}

func (a *Attempt) binaryBody(out *exchange.Request) bool {
	p := a.expanded.binary
	content, ok := a.contentOf(p)
	out.Body, a.hideBody = content, a.test.isShortPart(p)
	if p.of.of.IsFile() || p.mimeType.String() != "" {
		setDefault(out, "Content-Type", p.contentType())
	}
	return ok
}

// multipartBody writes the parts (RFC 7578). The boundary is drawn like any random value, so that a seed gives it again.
func (a *Attempt) multipartBody(out *exchange.Request) bool {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	kind, parameters, _ := mime.ParseMediaType(out.Header.Get("Content-Type"))
	if parameters == nil {
		parameters = map[string]string{}
	}
	if kind == "" {
		kind = "multipart/form-data"
	}
	boundary := parameters["boundary"]
	if boundary == "" {
		boundary = fmt.Sprintf("offscope-%016x", a.builtins.Rand.Uint64())
	}
	if err := w.SetBoundary(boundary); err != nil {
		a.notSent("the multipart form was not sent: the boundary in Content-Type is not valid: "+err.Error(), "leave the boundary out")
		return false
	}
	for _, p := range a.expanded.multipart {
		content, ok := a.contentOf(p)
		if !ok {
			return false
		}
		a.hideBody = a.hideBody || a.test.isShortPart(p)
		part, _ := w.CreatePart(p.header()) // a buffer takes everything
		_, _ = part.Write(content)
	}
	_ = w.Close()
	out.Body = body.Bytes()
	switch {
	case !strings.HasPrefix(kind, "multipart/"):
		a.remark("multipart-type", a.Step.request.step.Place, fmt.Sprintf("the Content-Type %s was sent as it was given, and a server will not find the parts of the multipart form by it", kind))
	case parameters["boundary"] == "":
		parameters["boundary"] = boundary
		out.Header.Set("Content-Type", mime.FormatMediaType(kind, parameters))
	}
	return true
}

var quoteName = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A") // as browsers do (WHATWG, multipart/form-data)

func (p madePart) header() textproto.MIMEHeader {
	disposition := `form-data; name="` + quoteName.Replace(p.name.String()) + `"`
	h := textproto.MIMEHeader{}
	if p.of.of.IsFile() {
		disposition += `; filename="` + quoteName.Replace(path.Base(p.fileName.String())) + `"`
	}
	h.Set("Content-Disposition", disposition)
	if p.of.of.IsFile() || p.mimeType.String() != "" {
		h.Set("Content-Type", p.contentType())
	}
	return h
}

// contentType is the one given, else a guess by the file's name (vendor documentation on file uploads).
func (p madePart) contentType() string {
	if given := strings.TrimSpace(p.mimeType.String()); given != "" {
		return strings.NewReplacer("\r", "", "\n", "").Replace(given)
	}
	if guess := mime.TypeByExtension(path.Ext(p.fileName.String())); guess != "" {
		return guess
	}
	return "application/octet-stream"
}

// contentOf is a part's text, or the content of its file below the folder of files.
func (a *Attempt) contentOf(p madePart) ([]byte, bool) {
	if !p.of.of.IsFile() {
		return []byte(p.value.String()), true
	}
	name := strings.TrimSpace(p.fileName.String())
	refuse := func(why, hint string) ([]byte, bool) {
		told := name
		if a.test.hasShort(p.fileName) {
			told = p.of.of.FileName.Value
		}
		a.problem(fileProblem(fmt.Sprintf("the file %q was not sent: %s", told, why), hint, a.test.cover.excerpt(p.of.of.FileName.Place)))
		a.notSent("the request was not sent, because a file of it is missing", "")
		return nil, false
	}
	if a.test.plan.Options.Files == nil {
		return refuse("no folder of files was given", "name it in an environment file: files: FOLDER")
	}
	name = strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "./")
	if !fs.ValidPath(name) {
		return refuse("it does not lie in the folder of files", "give a path below that folder, without .. and without / at its beginning")
	}
	if is, err := fs.Stat(a.test.plan.Options.Files, name); err == nil && !is.IsDir() && !is.Mode().IsRegular() {
		return refuse("it is not a regular file", "a pipe or a device may never end: put what it holds into a file") // nor is it opened
	}
	content, err := fs.ReadFile(a.test.plan.Options.Files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("there is no such file in the folder of files", "put it there; exports hold the names of files only")
	case err != nil && reasonOf(err) == escapes:
		return refuse("it lies outside of the folder of files, behind a link", "put the file itself into the folder")
	case err != nil:
		return refuse(reasonOf(err), "")
	}
	return content, true
}

// escapes is what os.Root says of a link that leads out of it. There is no error value for it.
const escapes = "path escapes from parent"

// reasonOf leaves out the path of a file error, which was told already.
func reasonOf(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// ignoredBodies remarks bodies of a step that are not sent because another one is.
func (a *Attempt) ignoredBodies(r *jsengine.Request) {
	step := a.Step.request.step
	own := step.HasBody && step.Body.Value != ""
	sent := ""
	for _, kind := range []struct {
		what string
		is   bool
		at   source.Place
	}{
		{"body", own && r.Body != "", step.Body.Place},
		{"GraphQL query", step.GraphQL != nil, step.Place},
		{"binary body", step.Binary != nil, step.Place},
		{"multipart form", len(step.Multipart) > 0, step.Place},
		{"form", len(r.Form) > 0, step.Place},
	} {
		switch {
		case !kind.is:
		case sent == "":
			sent = kind.what
		default:
			a.remark("two-bodies", kind.at, fmt.Sprintf("the step has a %s and a %s: the %s was sent, the %s was not", sent, kind.what, sent, kind.what))
		}
	}
}

func fileProblem(message, hint string, where source.Excerpt) event.Problem {
	return event.Problem{Code: "file", Outcome: event.Failed, Message: message, Hint: hint, Where: where}
}

func (a *Attempt) badGraphQL(g *graphQL, err error, secret bool) {
	message := "the variables of the GraphQL query are not JSON after substitution"
	if !secret {
		message += ": " + err.Error()
	}
	a.problem(event.Problem{
		Code: "graphql", Outcome: event.Failed, Message: message, Where: a.test.cover.excerpt(g.variables.Text().Place), Hint: `a text needs its quotes: {"name": "{{name}}"}`,
	})
}
