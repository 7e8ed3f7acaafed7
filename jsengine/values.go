package jsengine

import (
	"fmt"
	"math"
	"strconv"

	"github.com/dop251/goja"

	"offscope/jsontree"
)

// fromTree makes a value of the script out of a value of a variable, as JSON.parse would: a number becomes the nearest
// double, of equal names the last one counts.
func (m *machine) fromTree(v *jsontree.Value) goja.Value {
	m.heed()
	switch v.Kind {
	case jsontree.False, jsontree.True:
		return m.vm.ToValue(v.Kind == jsontree.True)
	case jsontree.Number:
		return m.number(v.Text)
	case jsontree.String:
		return m.text(v.Text)
	case jsontree.Array:
		items := make([]any, len(v.Items))
		for i, item := range v.Items {
			items[i] = m.fromTree(item)
		}
		return m.vm.NewArray(items...)
	case jsontree.Object:
		return m.object(v.Members)
	}
	return goja.Null()
}

func (m *machine) object(members []jsontree.Member) goja.Value {
	object := m.vm.NewObject()
	for _, member := range members {
		// Set would take __proto__ for the prototype.
		m.must(object.DefineDataProperty(member.Name, m.fromTree(member.Value),
			goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
	}
	return object
}

func (m *machine) number(text string) goja.Value {
	f, _ := strconv.ParseFloat(text, 64) // out of range is an infinity, as in JavaScript
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 && (f != 0 || !math.Signbit(f)) {
		return m.vm.ToValue(int64(f))
	}
	return m.vm.ToValue(f)
}

// toTree makes a value of a variable out of a value of the script, as JSON.stringify would: dates become text, toJSON is
// honoured. What JSON has no form for becomes null, and lost says what it was. It throws for an object that contains
// itself.
func (m *machine) toTree(name string, v goja.Value) (value *jsontree.Value, lost string) {
	switch v := v.(type) {
	case *goja.Object:
		return m.objectToTree(name, v)
	case *goja.Symbol:
		return jsontree.NewNull(), "a symbol"
	case goja.String:
		return jsontree.FromString(bytesOf(v)), ""
	}
	switch {
	case goja.IsUndefined(v):
		return jsontree.NewNull(), "undefined"
	case goja.IsNull(v):
		return jsontree.NewNull(), ""
	case goja.IsNaN(v), goja.IsInfinity(v):
		return jsontree.NewNull(), v.String()
	case goja.IsNumber(v), goja.IsBigInt(v):
		return jsontree.FromNumber(v.String()), ""
	}
	return jsontree.FromBool(v.ToBoolean()), ""
}

func (m *machine) objectToTree(name string, object *goja.Object) (*jsontree.Value, string) {
	if _, ok := goja.AssertFunction(object); ok {
		return jsontree.NewNull(), "a function"
	}
	w := m.newWriting()
	w.most = m.limits.values()
	w.onMany = func() *goja.Object { return m.deny(tooManyValues(name, w.most)) }
	text, err := m.toJSON(w, object)
	m.must(err)
	value, err := jsontree.Parse(text)
	if err != nil {
		panic(m.vm.NewGoError(err))
	}
	return value, ""
}

// tooManyValues says why a variable cannot go from its owner to a script or back.
func tooManyValues(name string, most int64) string {
	return fmt.Sprintf("the variable %q is too large for a script: it consists of more than %d values", name, most)
}

// toJSON writes an object as JSON.stringify does. The error is what toJSON or a getter of the script threw, or the writing.
func (m *machine) toJSON(w *writing, object *goja.Object) (text []byte, err error) {
	err = m.try(func() {
		text = []byte("null")
		if v := m.stringify(w, object); !goja.IsUndefined(v) {
			text = []byte(v.String())
		}
	})
	if stopped(err) {
		panic(err)
	}
	return text, err
}
