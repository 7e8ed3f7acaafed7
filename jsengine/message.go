package jsengine

import (
	"github.com/dop251/goja"

	"offscope/exchange"
)

// offerRequest defines request, where the world has one.
func (m *machine) offerRequest(name string) {
	if m.world.Request == nil {
		return
	}
	m.lazily(name, func() goja.Value {
		m.request = newRequestView(m, m.world.Request)
		return m.request.object()
	})
}

// offerResponse defines response, where the world has one.
func (m *machine) offerResponse(name string) {
	if m.world.Response == nil {
		return
	}
	m.lazily(name, func() goja.Value {
		m.response = newResponseView(m, m.world.Response)
		return m.response.object()
	})
}

// accessor defines a property that is read and written by functions; without a set function it is read-only, so that
// writing throws in strict mode and does nothing otherwise.
func (m *machine) accessor(object *goja.Object, name string, get func() goja.Value, set func(goja.Value)) {
	var setter goja.Value
	if set != nil {
		setter = m.vm.ToValue(func(call goja.FunctionCall) goja.Value {
			set(call.Argument(0))
			return goja.Undefined()
		})
	}
	getter := m.vm.ToValue(func(goja.FunctionCall) goja.Value { return get() })
	m.must(object.DefineAccessorProperty(name, getter, setter, goja.FLAG_FALSE, goja.FLAG_TRUE))
}

func (m *machine) collectionProperty(object *goja.Object, name string, c *collection) {
	m.accessor(object, name, c.get, c.assign)
}

// textProperty is a property that holds a text; changed, if not nil, hears what is assigned.
func (m *machine) textProperty(object *goja.Object, name string, text *string, changed func(goja.Value)) {
	var value goja.Value // kept, because a long text takes time to convert
	get := func() goja.Value {
		if value == nil {
			value = m.text(*text)
		}
		return value
	}
	m.accessor(object, name, get, func(v goja.Value) {
		*text = bytesOf(v)
		value = m.text(*text)
		if changed != nil {
			changed(v)
		}
	})
}

// constant is a read-only property.
func (m *machine) constant(object *goja.Object, name string, v any) {
	m.must(object.DefineDataProperty(name, m.vm.ToValue(v), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_TRUE))
}

// A requestView is the request while a script works on it.
//
// Vendor documentation: a url or a body that is set directly takes precedence over params and form.
type requestView struct {
	m       *machine
	given   *Request
	state   Request
	urlSet  bool
	bodySet bool
	headers collection
	params  *collection // made from the query of the URL, and again when the URL is set
	form    collection
}

func newRequestView(m *machine, given *Request) *requestView {
	v := &requestView{m: m, given: given, state: *given}
	v.headers = collection{m: m, kind: "headers", name: "request.headers", given: given.Header}
	v.form = collection{m: m, kind: "form", name: "request.form", given: given.Form}
	v.readParams()
	return v
}

func (v *requestView) readParams() {
	v.params = &collection{m: v.m, kind: "params", name: "request.params", given: queryFields(v.state.URL)}
}

func (v *requestView) object() goja.Value {
	m, o := v.m, v.m.vm.NewObject()
	m.textProperty(o, "method", &v.state.Method, func(x goja.Value) { m.noticeWord("request.method", x) })
	m.accessor(o, "url", func() goja.Value { return m.vm.ToValue(v.url()) }, v.setURL)
	for i, name := range []string{"scheme", "host", "path"} {
		m.accessor(o, name, v.part(i), v.setPart(i, name))
	}
	m.collectionProperty(o, "headers", &v.headers)
	m.accessor(o, "params", func() goja.Value { return v.params.get() }, func(x goja.Value) { v.params.assign(x) })
	m.textProperty(o, "body", &v.state.Body, v.bodyChanged)
	m.collectionProperty(o, "form", &v.form)
	m.accessor(o, "content_type", v.contentType, v.setContentType)
	m.accessor(o, "size_bytes", func() goja.Value { return m.vm.ToValue(len(v.state.Body)) }, nil)
	return o
}

// url returns the URL with the parameters the script changed, unless the script set the URL itself.
func (v *requestView) url() string {
	if v.urlSet {
		return v.state.URL
	}
	params, changed := v.params.fields()
	if !changed {
		return v.state.URL
	}
	return withQuery(v.state.URL, params)
}

func (v *requestView) setURL(value goja.Value) {
	v.m.noticeWord("request.url", value)
	v.state.URL, v.urlSet = value.String(), true
	v.readParams()
}

func (v *requestView) part(n int) func() goja.Value {
	return func() goja.Value { return v.m.vm.ToValue(splitURL(v.state.URL)[n]) }
}

func (v *requestView) setPart(n int, name string) func(goja.Value) {
	return func(value goja.Value) {
		v.m.noticeWord("request."+name, value)
		parts := splitURL(v.state.URL)
		parts[n] = value.String()
		v.state.URL = parts.join()
	}
}

func (v *requestView) bodyChanged(value goja.Value) {
	v.bodySet = true
	object, isObject := value.(*goja.Object)
	switch {
	case isObject && object.ClassName() == "Array":
		v.m.out.notice("request.body was set to an array, which is not sent as JSON: use JSON.stringify(…)")
	case isObject && v.state.Body == objectText: // other objects have a text form, such as a hash
		v.m.out.notice("request.body was set to an object, which is not sent as JSON: use JSON.stringify(…)")
	default:
		v.m.noticeWord("request.body", value)
	}
}

// noticeWord remarks on a value that is sent as a word which hardly anybody means.
func (m *machine) noticeWord(name string, value goja.Value) {
	switch {
	case m.world.Role != PreRequest: // what a later script writes is shown only
	case goja.IsUndefined(value), goja.IsNull(value):
		m.out.notice(name + " was set to " + value.String() + ", and that word is sent")
	case isObject(value) && value.String() == objectText:
		m.out.notice(name + ` was set to an object, and "` + objectText + `" is sent`)
	}
}

func (v *requestView) contentType() goja.Value {
	if v.state.ContentType != "" {
		return v.m.vm.ToValue(v.state.ContentType)
	}
	return v.m.vm.ToValue(v.headers.header().Get("Content-Type"))
}

func (v *requestView) setContentType(value goja.Value) {
	v.state.ContentType = value.String()
	m := v.m
	m.noticeWord("request.content_type", value)
	m.must(v.headers.get().ToObject(m.vm).Set("Content-Type", m.vm.NewArray(v.state.ContentType)))
}

// result returns the request as the script left it.
func (v *requestView) result() *Request {
	r := v.state
	r.URL = v.url()
	r.Header = v.headers.header()
	form, formChanged := v.form.fields()
	r.Form = append([]exchange.Field(nil), form...)
	switch {
	case v.bodySet:
		r.HasBody, r.Form = true, nil
	case formChanged:
		r.HasBody, r.Body = false, ""
	}
	v.noticeIgnored(formChanged)
	for _, c := range []*collection{&v.headers, v.params, &v.form} {
		c.noticeObjects()
	}
	return &r
}

func (v *requestView) noticeIgnored(formChanged bool) {
	if _, changed := v.params.fields(); changed && v.urlSet {
		v.m.out.notice("changes of request.params were ignored, because request.url was set")
	}
	if formChanged && v.bodySet {
		v.m.out.notice("changes of request.form were ignored, because request.body was set")
	}
}

// A responseView is the response while a script works on it.
type responseView struct {
	m       *machine
	given   *Response
	state   Response
	headers collection
}

func newResponseView(m *machine, given *Response) *responseView {
	v := &responseView{m: m, given: given, state: *given}
	v.headers = collection{m: m, kind: "headers", name: "response.headers", given: given.Header}
	return v
}

func (v *responseView) object() goja.Value {
	m, o := v.m, v.m.vm.NewObject()
	m.textProperty(o, "body", &v.state.Body, nil)
	m.collectionProperty(o, "headers", &v.headers)
	m.constant(o, "status", v.given.Status)
	m.constant(o, "reason", v.given.Reason)
	m.constant(o, "response_time_ms", v.given.TimeMS)
	m.constant(o, "size_bytes", v.given.Size)
	return o
}

func (v *responseView) result() *Response {
	r := v.state
	r.Header = v.headers.header()
	return &r
}
