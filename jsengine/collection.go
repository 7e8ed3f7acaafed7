package jsengine

import (
	"fmt"
	"net/textproto"
	"slices"
	"strconv"

	"github.com/dop251/goja"

	"offscope/exchange"
)

// A collection is one of the lists of names and values that a script sees as an object: headers, parameters, form fields.
// It is made when the script first touches it, and read back when the script is through.
type collection struct {
	m     *machine
	kind  string // the function in message.js that makes it
	name  string // what messages call it
	given []exchange.Field

	object goja.Value // nil until touched
}

// get returns the object of the script.
func (c *collection) get() goja.Value {
	if c.object == nil {
		c.object = c.wrap(c.given)
	}
	return c.object
}

// assign takes what a script puts in the place of the whole collection.
func (c *collection) assign(v goja.Value) {
	c.object = c.wrap(c.read(v))
}

// fields returns the list as the script left it, and whether it differs from what was given.
func (c *collection) fields() (fields []exchange.Field, changed bool) {
	if c.object == nil {
		return c.given, false
	}
	fields = c.read(c.object)
	if slices.Equal(fields, c.read(c.wrap(c.given))) {
		return c.given, false
	}
	return fields, true
}

func (c *collection) wrap(fields []exchange.Field) goja.Value {
	pairs := make([]any, len(fields))
	for i, f := range fields {
		pairs[i] = c.m.vm.NewArray(c.m.text(f.Name), c.m.text(f.Value))
	}
	return c.m.message(c.kind, c.m.vm.NewArray(pairs...))
}

func (c *collection) read(v goja.Value) []exchange.Field {
	m := c.m
	list := m.message("list", v, m.vm.ToValue(c.name)).ToObject(m.vm)
	fields := make([]exchange.Field, length(list))
	for i := range fields {
		pair := list.Get(strconv.Itoa(i)).ToObject(m.vm)
		fields[i] = exchange.Field{Name: bytesOf(pair.Get("0")), Value: bytesOf(pair.Get("1"))}
	}
	return fields
}

// noticeObjects remarks on values that a script has put there and that have no text of their own.
func (c *collection) noticeObjects() {
	fields, changed := c.fields()
	if !changed || c.m.world.Role != PreRequest {
		return
	}
	noticed := map[string]bool{}
	for _, f := range fields {
		if f.Value == objectText && !slices.Contains(c.given, f) && !noticed[f.Name] {
			noticed[f.Name] = true
			c.m.out.notice(fmt.Sprintf("%s %q was set to an object, and %q is sent", c.name, f.Name, objectText))
		}
	}
}

// header returns headers as the script left them. A name that was there before keeps its
// (first) spelling.
func (c *collection) header() exchange.Header {
	fields, changed := c.fields()
	if !changed {
		return exchange.Header(c.given).Clone()
	}
	spelling := map[string]string{}
	for _, f := range slices.Backward(c.given) {
		spelling[textproto.CanonicalMIMEHeaderKey(f.Name)] = f.Name
	}
	for i, f := range fields {
		if was, ok := spelling[textproto.CanonicalMIMEHeaderKey(f.Name)]; ok {
			fields[i].Name = was
		}
	}
	return fields
}

// message calls a function of message.js.
func (m *machine) message(function string, args ...goja.Value) goja.Value {
	m.prepareMessages()
	call, _ := goja.AssertFunction(m.messages.Get(function))
	v, err := call(goja.Undefined(), args...)
	m.must(err)
	return v
}

func (m *machine) prepareMessages() {
	if m.messages != nil {
		return
	}
	canonical := m.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		return m.vm.ToValue(textproto.CanonicalMIMEHeaderKey(call.Argument(0).String()))
	})
	m.messages = m.callPrelude("message.js", canonical).ToObject(m.vm)
}
