package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// object is a JSON object whose members keep their order, so that answers read the way the RFCs print them:
// schemas and id first, meta last. Nested maps are written with sorted keys.
type object []member

type member struct {
	name  string
	value any
}

// appendValue writes v as JSON. It knows the types that decodeObject and this package produce, and no others.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case json.Number:
		return append(dst, v...)
	case object:
		return appendObject(dst, v)
	case map[string]any:
		return appendObject(dst, sorted(v))
	case []any:
		return appendList(dst, v)
	case nil:
		return append(dst, "null"...)
	}
	panic("scim: a value of this type has no JSON form")
}

func sorted(m map[string]any) object {
	o := make(object, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		o = append(o, member{name, m[name]})
	}
	return o
}

func appendObject(dst []byte, o object) []byte {
	dst = append(dst, '{')
	for i, m := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, m.name)
		dst = append(dst, ':')
		dst = appendValue(dst, m.value)
	}
	return append(dst, '}')
}

func appendList(dst []byte, list []any) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, v)
	}
	return append(dst, ']')
}

// appendString escapes what JSON requires and nothing more; what is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// plain is a deep copy of v in the types encoding/json would give: a caller may change it freely.
func plain(v any) any {
	switch v := v.(type) {
	case object:
		m := make(map[string]any, len(v))
		for _, each := range v {
			m[each.name] = plain(each.value)
		}
		return m
	case map[string]any:
		return plain(sorted(v))
	case []any:
		list := make([]any, len(v))
		for i, each := range v {
			list[i] = plain(each)
		}
		return list
	}
	return v
}

// decodeObject reads exactly one JSON object. Numbers keep their text.
func decodeObject(body []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, badRequest(invalidSyntax, "the body is empty; send a JSON object")
		}
		return nil, badRequest(invalidSyntax, "the body is not valid JSON: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, badRequest(invalidSyntax, "the body goes on after its JSON object")
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, badRequest(invalidSyntax, "the body is %s; send a JSON object", jsonType(v))
	}
	return m, nil
}

// jsonType names the JSON type of v for messages.
func jsonType(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "null"
}
