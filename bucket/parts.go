package bucket

import (
	"fmt"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// The keys of a part. Its shape in a file is not public: the editor asks for a parameter's name, a text or a file that was
// uploaded before, and a content type, so that several words for each of them are understood, and any other key is refused.
var (
	partKeys = []string{"name", "value", "file", "content_type"}
	fileKeys = []string{"name", "path", "content_type"}
)

// parts reads the parts of a multipart form: a list of objects, or an object of names, each with a text, a list of them, or the
// description of a part. In the oldest editor's list of files a text is the name of a file.
func (r *reader) parts(f field, c *Checks, files bool) []Part {
	switch {
	case isBlank(f.Value):
		return nil
	case f.Value.Kind == jsontree.Object:
		return r.namedParts(f, c, files)
	}
	var parts []Part
	for _, v := range r.objects(f, "an element of "+f.String()) {
		if isBlank(v) {
			continue // a row of the editor that was never filled
		}
		p := r.part(v, c, files)
		if p.Name.Value == "" {
			r.unsupported(c, v, fmt.Sprintf("a part of %q without a name", f.Name))
		}
		parts = append(parts, p)
	}
	return parts
}

func (r *reader) namedParts(f field, c *Checks, files bool) []Part {
	var parts []Part
	for m := range r.fields(f.Value, f.String()) {
		values := []*jsontree.Value{m.Value}
		if m.Value.Kind == jsontree.Array {
			values = m.Value.Items
		}
		for _, v := range values {
			parts = append(parts, r.namedPart(m, v, c, files)...)
		}
		if len(values) == 0 {
			r.noValue(m)
		}
	}
	return parts
}

func (r *reader) namedPart(m field, v *jsontree.Value, c *Checks, files bool) []Part {
	p := Part{Place: r.place(v)}
	switch {
	case v.Kind == jsontree.Null, files && isBlank(v):
		r.noValue(m)
		return nil
	case v.Kind == jsontree.Array:
		r.unsupported(c, v, m.String()+" with a list in a list")
		return nil
	case v.Kind == jsontree.Object && files && v.Get("file") == nil:
		r.fileObject(&p, v, c)
	case v.Kind == jsontree.Object:
		p = r.part(v, c, files)
	case files:
		p.FileName = r.textOf(v)
	default:
		p.Value = r.textOf(v)
	}
	if name := r.nameText(m.Member); p.Name.Value == "" {
		p.Name = name
	} else if p.Name.Value != name.Value {
		r.unsupported(c, v, m.String()+" with another name in it")
	}
	return []Part{p}
}

// part reads the description of one part.
func (r *reader) part(v *jsontree.Value, c *Checks, isFile bool) Part {
	p := Part{Place: r.place(v)}
	kind := partText
	if isFile {
		kind = partFile
	}
	for f := range r.fields(v, "a part of the body") {
		switch f.Name {
		case "name", "key", "parameter", "parameter_name":
			r.single(&p.Name, r.scalar(f), f, c)
		case "value", "text", "data":
			r.single(&p.Value, r.scalar(f), f, c)
		case "file", "filename", "file_name", "path", "file_path":
			r.partFile(&p, f, c)
		case "content_type", "contentType", "mime_type":
			r.single(&p.ContentType, r.text(f), f, c)
		case "type":
			r.partType(&p, &kind, f, c)
		default:
			r.strangeKey(c, f, partKeys)
		}
	}
	r.settle(&p, kind, v, c)
	return p
}

// A partKind is what a part is said to be; one that says nothing is what it holds.
type partKind uint8

const (
	partText partKind = iota
	partFile
	partSaidText
)

// partType reads a key that is a content type, or says whether the part is a text or a file.
func (r *reader) partType(p *Part, kind *partKind, f field, c *Checks) {
	switch t := r.text(f); strings.ToLower(t.Value) {
	case "":
	case "text", "string":
		*kind = partSaidText
	case "file":
		*kind = partFile
	default:
		if strings.Contains(t.Value, "/") {
			r.single(&p.ContentType, t, f, c)
			return
		}
		r.unsupported(c, f.Value, fmt.Sprintf("%s that is neither a content type nor text nor file", f))
	}
}

// single fills a text for which there are several keys. Two of them that say different things are refused.
func (r *reader) single(to *source.Text, text source.Text, f field, c *Checks) {
	switch {
	case text.Value == "" || text.Value == to.Value:
	case to.Value != "":
		r.unsupported(c, f.Value, f.String()+" beside another key that says the same thing differently")
	default:
		*to = text
	}
}

// partFile reads the file of a part: its name, or an object that describes an uploaded file.
func (r *reader) partFile(p *Part, f field, c *Checks) {
	switch {
	case isBlank(f.Value):
	case f.Value.Kind == jsontree.Object:
		r.fileObject(p, f.Value, c)
	case isScalar(f.Value):
		r.single(&p.FileName, r.scalar(f), f, c)
	default:
		r.unsupported(c, f.Value, f.String()+" that is "+describe(f.Value))
	}
}

// fileObject reads the description of an uploaded file. A path says more than a name, and a name more than the identifier that
// the file has in the service.
func (r *reader) fileObject(p *Part, v *jsontree.Value, c *Checks) {
	var name, path, id source.Text
	for f := range r.fields(v, "a file of the body") {
		switch f.Name {
		case "name", "filename", "file_name":
			r.single(&name, r.scalar(f), f, c)
		case "path", "file_path":
			r.single(&path, r.scalar(f), f, c)
		case "id", "uuid":
			r.single(&id, r.scalar(f), f, c)
		case "content_type", "contentType", "mime_type", "type":
			r.single(&p.ContentType, r.text(f), f, c)
		case "size":
		default:
			r.strangeKey(c, f, fileKeys)
		}
	}
	for _, text := range []source.Text{path, name, id} {
		if text.Value != "" {
			p.FileName = text
			return
		}
	}
	r.unsupported(c, v, "a file of the body without a name")
}

// settle makes a part either a text or a file.
func (r *reader) settle(p *Part, kind partKind, v *jsontree.Value, c *Checks) {
	switch hasFile, hasText := p.FileName.Value != "", p.Value.Value != "" && p.Value.Value != p.FileName.Value; {
	case kind == partSaidText && hasFile, kind == partText && hasFile && hasText, kind == partFile && hasFile && hasText:
		r.unsupported(c, v, "a part with a text and a file")
	case kind == partFile && !hasFile && !hasText:
		r.unsupported(c, v, "a part that is a file and names none")
	case kind == partFile && !hasFile:
		p.FileName, p.Value = p.Value, source.Text{}
	case hasFile:
		p.Value = source.Text{}
	}
}

// binary reads a body that is a file or a text: one part, alone or in a list, or the name of a file.
func (r *reader) binary(f field, c *Checks) *Part {
	values := []*jsontree.Value{f.Value}
	if f.Value.Kind == jsontree.Array {
		values = f.Value.Items
	}
	var filled []*jsontree.Value
	for _, v := range values {
		if !isBlank(v) {
			filled = append(filled, v)
		}
	}
	switch {
	case len(filled) == 0:
		return nil
	case len(filled) > 1:
		r.unsupported(c, f.Value, fmt.Sprintf("a binary body of %d parts", len(filled)))
		return nil
	case filled[0].Kind == jsontree.Object:
		p := r.part(filled[0], c, false)
		return &p
	case filled[0].Kind == jsontree.String:
		return &Part{Place: r.place(filled[0]), FileName: r.textOf(filled[0])}
	}
	r.unsupported(c, filled[0], "a binary body that is "+describe(filled[0]))
	return nil
}
