package assertion

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/antchfx/xpath"
	"golang.org/x/net/html/charset"
)

// Bounds of what is searched. A document type's own entities are never expanded: the decoder knows only the five of XML.
const (
	xmlDepth      = 1_000
	xmlNodes      = 2_000_000
	xmlAttributes = 10_000 // of one element
)

// A node is a node of XPath's data model: the document, an element, an attribute, a text or a comment.
type node struct {
	kind                xpath.NodeType
	order               int // place in document order
	prefix, local, uri  string
	text                string // of an attribute, a text or a comment
	attributes          []node
	parent              *node
	first, last         *node // children
	previous, following *node // siblings
}

// parseXML reads a document. Adjacent texts and CDATA sections are one text, as XPath wants it; prefixes are kept as written.
func parseXML(body []byte) (*node, error) {
	b := xmlBuilder{
		decoder:    xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff")))),
		namespaces: map[string][]string{"": {""}, "xml": {"http://www.w3.org/XML/1998/namespace"}},
		document:   &node{kind: xpath.RootNode},
	}
	b.decoder.CharsetReader = charset.NewReaderLabel
	b.open = []opened{{node: b.document}}
	for {
		token, err := b.decoder.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return b.document, b.finish()
		case err != nil:
			return nil, err
		}
		if err := b.add(token); err != nil {
			line, _ := b.decoder.InputPos()
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

type xmlBuilder struct {
	decoder    *xml.Decoder
	document   *node
	open       []opened
	namespaces map[string][]string // what each prefix means, innermost last
	nodes      int                 // elements, attributes and comments so far
	order      int                 // of the last node
	text       *node               // the text that has not ended yet
	pieces     strings.Builder
}

// An opened is an element that is not closed yet, with the prefixes it declares.
type opened struct {
	node     *node
	declared []string
}

func (b *xmlBuilder) add(token xml.Token) error {
	if b.nodes > xmlNodes {
		return fmt.Errorf("it has more than %d nodes", xmlNodes)
	}
	switch token := token.(type) {
	case xml.StartElement:
		b.endText()
		b.nodes += 1 + len(token.Attr)
		return b.start(token)
	case xml.EndElement:
		b.endText()
		return b.end(token.Name)
	case xml.CharData:
		return b.characters(token)
	case xml.Comment:
		b.endText()
		b.nodes++
		b.append(&node{kind: xpath.CommentNode, text: string(token)})
	}
	return nil
}

func (b *xmlBuilder) current() *node { return b.open[len(b.open)-1].node }

func (b *xmlBuilder) next() int {
	b.order++
	return b.order
}

func (b *xmlBuilder) append(n *node) {
	parent := b.current()
	n.parent, n.previous, n.order = parent, parent.last, b.next()
	if parent.last == nil {
		parent.first = n
	} else {
		parent.last.following = n
	}
	parent.last = n
}

func (b *xmlBuilder) start(token xml.StartElement) error {
	if len(b.open) > xmlDepth {
		return fmt.Errorf("more than %d elements are nested in each other", xmlDepth)
	}
	if len(token.Attr) > xmlAttributes {
		return fmt.Errorf("an element has more than %d attributes", xmlAttributes)
	}
	if b.current() == b.document && b.root() != nil {
		return errors.New("it has a second root element, " + spelled(token.Name))
	}
	element := &node{kind: xpath.ElementNode, prefix: token.Name.Space, local: token.Name.Local}
	declared := b.declare(token.Attr)
	b.append(element)
	b.open = append(b.open, opened{element, declared})
	var err error
	if element.uri, err = b.resolve(token.Name); err != nil {
		return err
	}
	return b.attributes(element, token.Attr)
}

// declare takes up the namespace declarations among the attributes.
func (b *xmlBuilder) declare(attributes []xml.Attr) (declared []string) {
	for _, a := range attributes {
		prefix, ok := declaration(a.Name)
		if !ok {
			continue
		}
		b.namespaces[prefix] = append(b.namespaces[prefix], a.Value)
		declared = append(declared, prefix)
	}
	return declared
}

// declaration returns the prefix that an attribute declares; "" is the default namespace.
func declaration(name xml.Name) (prefix string, ok bool) {
	if name.Space == "xmlns" {
		return name.Local, true
	}
	return "", name.Space == "" && name.Local == "xmlns"
}

func (b *xmlBuilder) resolve(name xml.Name) (uri string, err error) {
	meanings := b.namespaces[name.Space]
	if len(meanings) == 0 {
		return "", fmt.Errorf("the prefix of %s is not declared", spelled(name))
	}
	return meanings[len(meanings)-1], nil
}

func (b *xmlBuilder) attributes(element *node, attributes []xml.Attr) error {
	for _, a := range attributes {
		if _, ok := declaration(a.Name); ok {
			continue
		}
		attribute := node{
			kind: xpath.AttributeNode, order: b.next(),
			prefix: a.Name.Space, local: a.Name.Local, text: a.Value, parent: element,
		}
		if a.Name.Space != "" { // the default namespace does not hold for attributes
			var err error
			if attribute.uri, err = b.resolve(a.Name); err != nil {
				return err
			}
		}
		element.attributes = append(element.attributes, attribute)
	}
	return nil
}

func (b *xmlBuilder) end(name xml.Name) error {
	current := b.current()
	if current == b.document {
		return fmt.Errorf("</%s> closes nothing", spelled(name))
	}
	if current.prefix != name.Space || current.local != name.Local {
		return fmt.Errorf("</%s> cannot close <%s>", spelled(name), spelled(xml.Name{Space: current.prefix, Local: current.local}))
	}
	for _, prefix := range b.open[len(b.open)-1].declared {
		b.namespaces[prefix] = b.namespaces[prefix][:len(b.namespaces[prefix])-1]
	}
	b.open = b.open[:len(b.open)-1]
	return nil
}

// characters takes up a piece of text; the pieces are joined when the text ends.
func (b *xmlBuilder) characters(piece []byte) error {
	if b.current() == b.document {
		if len(bytes.TrimSpace(piece)) > 0 {
			return errors.New("there is text outside of the root element")
		}
		return nil
	}
	if b.text == nil {
		b.text = &node{kind: xpath.TextNode}
		b.append(b.text)
	}
	b.pieces.Write(piece)
	return nil
}

func (b *xmlBuilder) endText() {
	if b.text != nil {
		b.text.text = b.pieces.String()
		b.text = nil
		b.pieces.Reset()
	}
}

func (b *xmlBuilder) root() *node {
	for n := b.document.first; n != nil; n = n.following {
		if n.kind == xpath.ElementNode {
			return n
		}
	}
	return nil
}

func (b *xmlBuilder) finish() error {
	if current := b.current(); current != b.document {
		return fmt.Errorf("<%s> is not closed", spelled(xml.Name{Space: current.prefix, Local: current.local}))
	}
	if b.root() == nil {
		return errors.New("it has no element")
	}
	return nil
}

func spelled(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

// value returns the node's string value: of an element or the document, all text inside it; and how many nodes that took.
func (n *node) value() (text string, visited int) {
	if n.kind != xpath.ElementNode && n.kind != xpath.RootNode {
		return n.text, 0
	}
	var b strings.Builder
	visited = n.writeText(&b)
	return b.String(), visited
}

func (n *node) writeText(b *strings.Builder) (visited int) {
	for child := n.first; child != nil; child = child.following {
		visited++
		switch child.kind {
		case xpath.TextNode:
			b.WriteString(child.text)
		case xpath.ElementNode:
			visited += child.writeText(b)
		}
	}
	return visited
}
