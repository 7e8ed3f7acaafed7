package assertion

import (
	"errors"

	"github.com/antchfx/xpath"
)

// A navigator walks over a document for the XPath library.
type navigator struct {
	document  *node
	at        *node
	attribute int  // position behind the attribute among its element's
	moves     *int // left before an evaluation is given up
}

// moveLimit bounds the work of one evaluation to a few seconds. Some expressions take time that grows with the square of the
// document's size.
const moveLimit = 25_000_000

// textPerMove is how many bytes of text are as much work as a move.
const textPerMove = 32

// errTooLong is what an evaluation that takes too long panics with; the library has no other way out.
var errTooLong = errors.New("the evaluation takes too long")

func newNavigator(document *node) *navigator {
	moves := moveLimit
	return &navigator{document: document, at: document, moves: &moves}
}

// NodeType returns the kind of the current node.
func (n *navigator) NodeType() xpath.NodeType { return n.at.kind }

// LocalName returns the name without prefix.
func (n *navigator) LocalName() string { return n.at.local }

// Prefix returns the prefix as written, and defaultPrefix for an element in a default namespace.
func (n *navigator) Prefix() string {
	if n.at.prefix == "" && n.at.uri != "" {
		return defaultPrefix
	}
	return n.at.prefix
}

// NamespaceURL serves namespace-uri().
func (n *navigator) NamespaceURL() string { return n.at.uri }

// Value returns the string value. Of an element it is put together anew each time, which is work like moving.
func (n *navigator) Value() string {
	text, visited := n.at.value()
	n.work(visited + len(text)/textPerMove)
	return text
}

// Copy returns a navigator at the same node.
func (n *navigator) Copy() xpath.NodeNavigator {
	c := *n
	return &c
}

// MoveToRoot moves to the document.
func (n *navigator) MoveToRoot() { n.moveTo(n.document) }

// MoveToParent moves to the parent, from an attribute to its element.
func (n *navigator) MoveToParent() bool { return n.moveTo(n.at.parent) }

// MoveToChild moves to the first child.
func (n *navigator) MoveToChild() bool { return n.moveTo(n.at.first) }

// MoveToNext moves to the next sibling.
func (n *navigator) MoveToNext() bool { return n.moveTo(n.at.following) }

// MoveToPrevious moves to the sibling before.
func (n *navigator) MoveToPrevious() bool { return n.moveTo(n.at.previous) }

// MoveToFirst moves to the first sibling when there is one before this node.
func (n *navigator) MoveToFirst() bool {
	if n.at.previous == nil {
		return false
	}
	return n.moveTo(n.at.parent.first)
}

// MoveToNextAttribute moves from an element to its first attribute, and from an attribute to the next.
func (n *navigator) MoveToNextAttribute() bool {
	element := n.at
	if element.kind == xpath.AttributeNode {
		element = element.parent
	}
	n.work(1)
	if n.attribute >= len(element.attributes) {
		return false
	}
	n.at = &element.attributes[n.attribute]
	n.attribute++
	return true
}

// MoveTo moves to where another navigator of the same document is.
func (n *navigator) MoveTo(other xpath.NodeNavigator) bool {
	o, ok := other.(*navigator)
	if !ok || o.document != n.document {
		return false
	}
	*n = *o
	return true
}

// work takes from the moves that are left.
func (n *navigator) work(moves int) {
	if *n.moves -= moves; *n.moves < 0 {
		panic(errTooLong)
	}
}

func (n *navigator) moveTo(target *node) bool {
	n.work(1)
	if target == nil {
		return false
	}
	n.at, n.attribute = target, 0
	return true
}
