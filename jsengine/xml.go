package jsengine

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dop251/goja"

	"offscope/jsontree"
)

const (
	maxXMLDepth = 1000
	maxXMLNodes = 1_000_000
)

// An xmlNode is an element, or a text, CDATA or comment inside one.
type xmlNode struct {
	kind     string // "element", "text" or "comment"
	name     string // with its prefix
	text     string
	attrs    []xml.Attr
	children []*xmlNode
}

// parseXML reads a document into its root element. Names keep their prefixes. Entities of a document type are not
// expanded, and nothing is fetched.
func parseXML(text string) (*xmlNode, error) {
	p := xmlParser{decoder: xml.NewDecoder(strings.NewReader(text))}
	p.decoder.Entity = xml.HTMLEntity
	p.decoder.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is text already
	for {
		token, err := p.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return p.end()
		}
		if err == nil {
			err = p.token(token)
		}
		if err != nil {
			return nil, fmt.Errorf("not an XML document: %w", err)
		}
	}
}

type xmlParser struct {
	decoder *xml.Decoder
	root    *xmlNode
	open    []*xmlNode
	nodes   int
}

func (p *xmlParser) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		return p.close(xmlName(t.Name))
	case xml.CharData:
		return p.text("text", string(t))
	case xml.Comment:
		if len(p.open) > 0 {
			return p.add(&xmlNode{kind: "comment", text: string(t)})
		}
	}
	return nil
}

func (p *xmlParser) start(t xml.StartElement) error {
	node := &xmlNode{kind: "element", name: xmlName(t.Name), attrs: append([]xml.Attr(nil), t.Attr...)}
	switch {
	case len(p.open) >= maxXMLDepth:
		return fmt.Errorf("elements are nested more than %d deep", maxXMLDepth)
	case len(p.open) > 0:
		if err := p.add(node); err != nil {
			return err
		}
	case p.root != nil:
		return fmt.Errorf("a second root element, <%s>", node.name)
	default:
		p.root = node
	}
	p.open = append(p.open, node)
	return nil
}

func (p *xmlParser) close(name string) error {
	if len(p.open) == 0 {
		return fmt.Errorf("</%s> closes nothing", name)
	}
	last := len(p.open) - 1
	if p.open[last].name != name {
		return fmt.Errorf("</%s> where </%s> was expected", name, p.open[last].name)
	}
	p.open = p.open[:last]
	return nil
}

func (p *xmlParser) text(kind, text string) error {
	if len(p.open) > 0 {
		return p.add(&xmlNode{kind: kind, text: text})
	}
	if strings.Trim(text, " \t\r\n\ufeff") != "" {
		return errors.New("text outside the root element")
	}
	return nil
}

func (p *xmlParser) add(node *xmlNode) error {
	if p.nodes++; p.nodes > maxXMLNodes {
		return fmt.Errorf("more than %d nodes", maxXMLNodes)
	}
	parent := p.open[len(p.open)-1]
	parent.children = append(parent.children, node)
	return nil
}

func (p *xmlParser) end() (*xmlNode, error) {
	switch {
	case p.root == nil:
		return nil, errors.New("not an XML document: there is no element")
	case len(p.open) > 0:
		return nil, fmt.Errorf("not an XML document: <%s> is not closed", p.open[len(p.open)-1].name)
	}
	return p.root, nil
}

func xmlName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// xmlTree is the form of a document as JSON: an object with the root element by its name. Prefixes and declarations of
// namespaces are dropped (vendor documentation: the SOAP example); an element with neither attributes nor elements is its
// text; elements of the same name become an array; attributes are "-name" and text beside them "#content", as in the Go
// converters the hosted service is likely to use.
func xmlTree(root *xmlNode) *jsontree.Value {
	return jsontree.NewObject(jsontree.Member{Name: localName(root.name), Value: root.tree()})
}

func (n *xmlNode) tree() *jsontree.Value {
	var b xmlObject
	for _, a := range n.attrs {
		if a.Name.Space != "xmlns" && xmlName(a.Name) != "xmlns" {
			b.put("-"+a.Name.Local, jsontree.FromString(a.Value))
		}
	}
	for _, child := range n.children {
		if child.kind == "element" {
			b.put(localName(child.name), child.tree())
		}
	}
	text := strings.TrimSpace(n.content())
	if len(b.members) == 0 {
		return jsontree.FromString(text)
	}
	if text != "" {
		b.put("#content", jsontree.FromString(text))
	}
	return jsontree.NewObject(b.members...)
}

// An xmlObject collects members; a second value of the same name makes an array of both. A value that is put is never an
// array itself.
type xmlObject struct {
	members []jsontree.Member
	index   map[string]int
}

func (b *xmlObject) put(name string, v *jsontree.Value) {
	i, known := b.index[name]
	if !known {
		if b.index == nil {
			b.index = map[string]int{}
		}
		b.index[name] = len(b.members)
		b.members = append(b.members, jsontree.Member{Name: name, Value: v})
		return
	}
	m := &b.members[i]
	if m.Value.Kind != jsontree.Array {
		m.Value = jsontree.NewArray(m.Value)
	}
	m.Value.Items = append(m.Value.Items, v)
}

func (n *xmlNode) content() string {
	var text strings.Builder
	for _, child := range n.children {
		if child.kind == "text" {
			text.WriteString(child.text)
		}
	}
	return text.String()
}

func localName(name string) string {
	return name[strings.LastIndexByte(name, ':')+1:]
}

func (m *machine) xmlArgument(call goja.FunctionCall) *xmlNode {
	root, err := parseXML(call.Argument(0).String())
	if err != nil {
		panic(m.vm.NewTypeError(err.Error()))
	}
	return root
}

func (m *machine) xmlToObject(call goja.FunctionCall) goja.Value {
	return m.fromTree(xmlTree(m.xmlArgument(call)))
}

func (m *machine) xmlToJSON(call goja.FunctionCall) goja.Value {
	return m.vm.ToValue(xmlTree(m.xmlArgument(call)).Compact())
}

// marknote is a look-alike of the Marknote library, over the parser above.
func (m *machine) marknote() goja.Value {
	parse := m.vm.ToValue(func(call goja.FunctionCall) goja.Value { return m.xmlValue(m.xmlArgument(call)) })
	return m.callPrelude("marknote.js", parse)
}

// xmlValue gives marknote.js a node with everything in it.
func (m *machine) xmlValue(n *xmlNode) goja.Value {
	attrs := make([]any, len(n.attrs))
	for i, a := range n.attrs {
		attrs[i] = m.vm.NewArray(xmlName(a.Name), a.Value)
	}
	children := make([]any, len(n.children))
	for i, child := range n.children {
		children[i] = m.xmlValue(child)
	}
	object := m.vm.NewObject()
	m.property(object, "kind", m.vm.ToValue(n.kind))
	m.property(object, "name", m.vm.ToValue(n.name))
	m.property(object, "text", m.vm.ToValue(n.text))
	m.property(object, "attrs", m.vm.NewArray(attrs...))
	m.property(object, "children", m.vm.NewArray(children...))
	return object
}
