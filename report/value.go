package report

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"offscope/event"
)

// typed writes a value as the user would in JSON: text in quotes, all else bare and with its type.
func (p *page) typed(value, kind string) string {
	switch kind {
	case "string", "":
		return p.quoted(value)
	case "null":
		return "null"
	case "number", "boolean":
		return short(p.shown(value))
	}
	return short(p.shown(value)) + " (" + p.shown(kind) + ")"
}

// actual writes a value that was found, always with its type: "0" and 0 look alike and are not.
func (p *page) actual(value, kind string) string {
	switch kind {
	case "null":
		return "null"
	case "object", "array":
		return p.typed(value, kind)
	case "":
		return p.quoted(value)
	}
	return p.typed(value, kind) + " (" + p.shown(kind) + ")"
}

func (p *page) quoted(s string) string {
	s = p.reveal(s)
	quoted := strconv.Quote(s)
	if cells(quoted) <= valueColumns {
		return quoted
	}
	return clip(quoted, valueColumns) + characters(s)
}

const valueColumns = 160

func short(s string) string {
	if cells(s) <= valueColumns {
		return s
	}
	return clip(s, valueColumns) + characters(s)
}

func characters(s string) string { return fmt.Sprintf(" (%d characters)", utf8.RuneCountInString(s)) }

// comparison prints what was expected and what was found, as a difference where the two are too long to compare by eye.
func (p *page) comparison(b event.Asserted) {
	if b.Type != "" && b.Comparison == "equal" && p.difference(b.Expected, b.Actual) {
		return
	}
	expected := p.expectation(b)
	if b.Target != b.Expected && b.Target != "" {
		expected += "  from " + p.quoted(b.Target)
	}
	p.row("expected", expected)
	if b.Type != "" {
		p.row("actual", p.actual(b.Actual, b.Type))
	}
}

// values prints what a script expected and found; both are text already.
func (p *page) values(expected, actual string) {
	if p.difference(expected, actual) {
		return
	}
	p.row("expected", short(p.shown(expected)))
	p.row("actual", short(p.shown(actual)))
}

// expectation says in words what a comparison asks for.
func (p *page) expectation(b event.Asserted) string {
	target, number := p.quoted(b.Expected), short(p.shown(b.Expected))
	switch b.Comparison {
	case "equal":
		return target
	case "not_equal":
		return "anything but " + target
	case "empty":
		return `"" or null`
	case "not_empty":
		return `anything but "" and null`
	case "contains":
		return "a value that contains " + target
	case "does_not_contain":
		return "a value that does not contain " + target
	case "is_a_number":
		return "a number"
	case "equal_number":
		return "the number " + number
	case "is_less_than":
		return "a number less than " + number
	case "is_less_than_or_equal":
		return "a number less than or equal to " + number
	case "is_greater_than":
		return "a number greater than " + number
	case "is_greater_than_or_equal":
		return "a number greater than or equal to " + number
	case "has_key":
		return "an object with the key " + target
	case "has_value":
		return "a list or object with the value " + target
	case "is_null":
		return "null"
	}
	return p.shown(b.Comparison) + " " + target
}
