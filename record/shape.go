package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"offscope/event"
	"offscope/exchange"
)

// A shape is which paths a JSON body has and which types stand there, without any value. The elements of a list share one
// path. A body that is not JSON has the path "" alone, with what it is: "text", "binary" or "nothing".
type shape map[string]string

// A ShapeDifference is a path whose type differs between two bodies. What stands below a path that only one body has is not
// listed, and neither are the elements of a list that is empty in one of them.
type ShapeDifference struct {
	// Path leads to the value: "Resources[].userName", where [] is every element; "" is the whole body.
	Path string
	// A and B are the types: object, array, empty array, string, number, boolean, null; several joined by "|" where elements
	// of a list differ; "text", "binary" and "nothing" for a body that is not JSON; "" where there is no such path.
	A, B string
}

const (
	emptyArray = "empty array"
	// deepestShape bounds how deep a body is looked into; paths grow with depth, and no API comes near it.
	deepestShape = 64
)

// shapeOf returns nil when only the beginning of the body was kept.
func shapeOf(c event.Content) shape {
	switch {
	case c.Cut:
		return nil
	case c.Binary:
		return shape{"": "binary"}
	case c.Text == "":
		return shape{"": "nothing"}
	}
	value, err := parse(c.Text)
	if err != nil {
		return shape{"": "text"}
	}
	types := map[string][]string{}
	walk(types, "", value, 0)
	s := shape{}
	for path, found := range types {
		s[path] = typeText(found)
	}
	return s
}

// parse reads a body. A mark may stand where a number stood, outside of quotes, so a digit takes its place.
func parse(text string) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(exchange.Show(text, func(exchange.Mark) string { return "1" })))
	d.UseNumber() // a number that is too large for a float is one
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	return value, nil
}

func walk(types map[string][]string, path string, value any, depth int) {
	kind := typeOf(value)
	if !slices.Contains(types[path], kind) {
		types[path] = append(types[path], kind)
	}
	if depth == deepestShape {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		for key, inside := range v {
			walk(types, join(path, key), inside, depth+1)
		}
	case []any:
		for _, inside := range v {
			walk(types, path+"[]", inside, depth+1)
		}
	}
}

func typeOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		return "number"
	case []any:
		if len(v) == 0 {
			return emptyArray
		}
		return "array"
	case map[string]any:
		return "object"
	}
	panic(fmt.Sprintf("%T is no JSON", value))
}

// typeText joins the types that were found at one path. A list that is empty in one place and not in another is a list.
func typeText(found []string) string {
	if slices.Contains(found, "array") {
		found = slices.DeleteFunc(found, func(t string) bool { return t == emptyArray })
	}
	slices.Sort(found)
	return strings.Join(found, "|")
}

// join appends a key to a path; one that is no plain word, such as a SCIM schema's name, stands in brackets and quotes.
func join(path, key string) string {
	odd := strings.ContainsFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '$'
	})
	switch {
	case odd || key == "":
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// compareShapes lists what differs, in the order of the paths.
func compareShapes(a, b shape) []ShapeDifference {
	if a == nil || b == nil {
		return nil
	}
	both := maps.Clone(a)
	maps.Copy(both, b)
	var list []ShapeDifference
	for _, path := range slices.Sorted(maps.Keys(both)) {
		if a[path] != b[path] && !told(a, b, path) {
			list = append(list, ShapeDifference{Path: path, A: a[path], B: b[path]})
		}
	}
	return list
}

// told reports whether the difference at a path follows from one above it: the body without the path has nothing there that
// could hold it, or only lists without elements.
func told(a, b shape, path string) bool {
	around, ok := parent(path)
	if !ok || a[path] != "" && b[path] != "" {
		return false
	}
	lacks, holder := a, "object"
	if a[path] != "" {
		lacks = b
	}
	if strings.HasSuffix(path, "[]") {
		holder = "array"
	}
	return !slices.Contains(strings.Split(lacks[around], "|"), holder)
}

// parent returns the path of the value around one; ok is false for the whole body.
func parent(path string) (around string, ok bool) {
	switch {
	case path == "":
		return "", false
	case strings.HasSuffix(path, "[]"):
		return path[:len(path)-2], true
	case strings.HasSuffix(path, `"]`):
		return path[:quoteBegins(path)], true
	}
	return path[:max(0, strings.LastIndexByte(path, '.'))], true
}

// quoteBegins returns where the bracket with a quoted key at the end of a path begins.
func quoteBegins(path string) int {
	for at := strings.LastIndex(path, `["`); at >= 0; at = strings.LastIndex(path[:at], `["`) {
		if _, err := strconv.Unquote(path[at+1 : len(path)-1]); err == nil {
			return at
		}
	}
	return 0
}
