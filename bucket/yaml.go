package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"offscope/jsontree"
	"offscope/source"
)

// mostYAML is far more than an environment needs, and little enough for a reader that keeps every node.
const mostYAML = 4 << 20

// yaml parses the file as one YAML document and turns it into the tree that JSON gives, so that one decoder reads both. Nil
// after an error. Aliases and merge keys are refused: nobody needs them in a list of variables, and a few of them can stand for
// gigabytes.
func (r *reader) yaml() *jsontree.Value {
	if len(r.file.Bytes()) > mostYAML {
		r.add(source.Diagnostic{Code: "yaml-size", Place: r.spot(0), Message: "YAML of more than 4 MB is not read", Hint: "write it as JSON"})
		return nil
	}
	node, err := decodeYAML(r.file.Bytes())
	if err != nil {
		r.yamlError(err)
		return nil
	}
	if node == nil || len(node.Content) == 0 {
		r.add(source.Diagnostic{Code: "empty-file", Place: r.spot(0), Message: "there is nothing but comments in the file"})
		return nil
	}
	r.texts = map[*jsontree.Value]source.Text{}
	y := &yamlTree{reader: r, cursor: newCursor(r.file.Bytes())}
	root := y.value(node.Content[0])
	if r.failed() {
		return nil
	}
	return root
}

var errManyDocuments = errors.New("there is more than one document in the file")

// decodeYAML returns the node of the only document; nil when there is none.
func decodeYAML(data []byte) (node *yaml.Node, err error) {
	defer func() {
		// The library gives up on some odd comments with a panic of its own.
		if p := recover(); p != nil {
			node, err = nil, fmt.Errorf("this YAML cannot be read: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	node = &yaml.Node{}
	if err := decoder.Decode(node); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return node, nil
	case err != nil:
		return nil, err
	}
	return &second, errManyDocuments
}

var yamlMessage = whenNeeded(`(?s)^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// yamlError places the library's message, which knows a line at best.
func (r *reader) yamlError(err error) {
	parts := yamlMessage().FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(parts[1])
	d := source.Diagnostic{Code: "yaml-syntax", Message: parts[2]}
	if errors.Is(err, errManyDocuments) {
		d.Hint = "keep one of them; --- and what follows it goes into a file of its own"
		line = r.secondDocument()
	}
	line = max(1, line)
	d.Place = r.line(line)
	for n := line; n <= line+1 && d.Hint == ""; n++ {
		text := r.file.Line(n)
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		switch {
		case strings.Contains(indent, "\t"):
			d.Message, d.Hint = "a tab cannot indent YAML", "indent with spaces"
			d.Place = r.line(n)
		case strings.Contains(text, "{{"):
			d.Hint = `put a value with {{…}} in it into quotes: "{{name}}"`
			d.Place = r.line(n)
		}
	}
	if d.Hint == "" {
		d.Hint = `look at indentation and quotes near this line; a value with ": " or " #" in it needs quotes`
	}
	r.add(d)
}

func (r *reader) secondDocument() int {
	seen := false
	for n := 1; ; n++ {
		text := r.file.Line(n)
		if strings.HasPrefix(text, "---") && seen {
			return n
		}
		seen = seen || strings.TrimSpace(text) != "" && !strings.HasPrefix(text, "#")
		if text == "" && r.line(n).Start >= len(r.file.Bytes()) {
			return 1
		}
	}
}

// line is the place of a line without the white space around it.
func (r *reader) line(n int) source.Place {
	data, at := r.file.Bytes(), 0
	for ; n > 1; n-- {
		next := bytes.IndexByte(data[at:], '\n')
		if next < 0 {
			at = len(data)
			break
		}
		at += next + 1
	}
	end := at + len(r.lineFrom(at))
	for at < end && isSpace(data[at]) {
		at++
	}
	return source.Place{File: r.file, Start: at, End: end}
}

// lineFrom returns the rest of a line, or the beginning of it when it is very long.
func (r *reader) lineFrom(at int) []byte {
	rest := r.file.Bytes()[at:]
	rest = rest[:min(len(rest), 4096)]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return bytes.TrimRight(rest, " \t\r")
}

// A yamlTree turns nodes into values.
type yamlTree struct {
	*reader
	cursor *cursor
}

func (y *yamlTree) value(n *yaml.Node) *jsontree.Value {
	switch n.Kind {
	case yaml.MappingNode:
		return y.mapping(n)
	case yaml.SequenceNode:
		return y.sequence(n)
	case yaml.AliasNode:
		y.refuse(n, "the alias *"+n.Value+" is not read", "write the value out")
		return jsontree.NewNull()
	}
	return y.scalar(n)
}

// refuse places an error at a node.
func (y *yamlTree) refuse(n *yaml.Node, message, hint string) {
	at := y.cursor.offset(n.Line, n.Column)
	y.add(source.Diagnostic{Code: "yaml-feature", Place: y.spot(at), Message: message, Hint: hint})
}

func (y *yamlTree) sequence(n *yaml.Node) *jsontree.Value {
	v := &jsontree.Value{Kind: jsontree.Array, Start: y.cursor.offset(n.Line, n.Column)}
	v.End = v.Start + 1
	for _, child := range n.Content {
		item := y.value(child)
		v.Items = append(v.Items, item)
		v.End = max(v.End, item.End)
	}
	y.close(v, n, ']')
	return v
}

func (y *yamlTree) mapping(n *yaml.Node) *jsontree.Value {
	v := &jsontree.Value{Kind: jsontree.Object, Start: y.cursor.offset(n.Line, n.Column)}
	v.End = v.Start + 1
	at := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind == yaml.AliasNode:
			y.value(key)
			continue
		case key.Kind != yaml.ScalarNode:
			y.refuse(key, "a key must be text", `put a value with {{…}} in it into quotes: "{{name}}"`)
			continue
		case key.ShortTag() == "!!merge":
			y.refuse(key, "the merge key << is not read", "write the keys out")
			continue
		}
		name := y.scalar(key)
		m := jsontree.Member{Name: key.Value, NameStart: name.Start, NameEnd: name.End, Value: y.value(n.Content[i+1])}
		if j, twice := at[m.Name]; twice {
			y.duplicate(v.Members[j], m)
			v.Members[j].Value = nil
		}
		at[m.Name] = len(v.Members)
		v.Members = append(v.Members, m)
		v.End = max(v.End, m.NameEnd, m.Value.End)
	}
	v.Members = slices.DeleteFunc(v.Members, func(m jsontree.Member) bool { return m.Value == nil })
	y.close(v, n, '}')
	return v
}

// close moves the end of a flow collection behind its bracket.
func (y *yamlTree) close(v *jsontree.Value, n *yaml.Node, bracket byte) {
	data := y.file.Bytes()
	v.End = min(v.End, len(data))
	if n.Style&yaml.FlowStyle == 0 {
		return
	}
	if i := bytes.IndexByte(data[v.End:], bracket); i >= 0 {
		v.End += i + 1
	}
}

var jsonNumber = whenNeeded(`^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$`)

func (y *yamlTree) scalar(n *yaml.Node) *jsontree.Value {
	v := &jsontree.Value{Kind: jsontree.String, Text: n.Value}
	switch tag := n.ShortTag(); tag {
	case "!!null":
		v.Kind, v.Text = jsontree.Null, ""
	case "!!bool":
		v.Kind, v.Text = jsontree.False, ""
		if strings.EqualFold(n.Value, "true") {
			v.Kind = jsontree.True
		}
	case "!!int", "!!float":
		// 0x1F and 1_000 are numbers to YAML only: they stay the text they are.
		if jsonNumber().MatchString(n.Value) {
			v.Kind = jsontree.Number
		}
	case "!!str", "!!timestamp", "!!merge":
	default:
		y.refuse(n, "the tag "+tag+" is not read", "write the value as text")
	}
	text := y.scalarText(n)
	v.Start, v.End = text.Place.Start, text.Place.End
	if v.Kind == jsontree.True || v.Kind == jsontree.False || v.Kind == jsontree.Null {
		text = source.Opaque(map[jsontree.Kind]string{jsontree.True: "true", jsontree.False: "false"}[v.Kind], text.Place)
	}
	y.texts[v] = text
	return v
}
