package jsengine

import (
	"testing"

	"offscope/exchange"
	"offscope/jsontree"
)

const binary = "\x89PNG\r\n\x1a\n\x00\xff\xfe\xc3\x28 ä 😀 \xed\xa0\x80\x80"

func TestBinaryContentSurvivesScripts(t *testing.T) {
	t.Parallel()
	w := testWorld(PostResponse)
	w.Request.Body, w.Response.Body = binary, binary
	w.Request.Form = []exchange.Field{{Name: "f", Value: binary}}
	v := w.Variables.(testVariables)
	v["in"] = jsontree.FromString(binary)
	r := runScript(t, `
		var b = response.body;
		variables.set("out", b); variables.set("again", variables.get("in"));
		variables.set("parts", b.slice(0, 7) + b.slice(7));
		variables.set("form", request.form.f[0]);
		variables.set("coded", decode_base64(encode_base64(b))); variables.set("url", atob(btoa(b)));
		variables.set("text", encode_base64(b));
		request.body = b; response.body = b + b;
		log(b === variables.get("out"), request.size_bytes, b.charCodeAt(0) & 0xff)`, w)
	if got := transcript(r); got != "true 26 137" {
		t.Error(got)
	}
	for _, name := range []string{"out", "again", "parts", "form", "coded", "url"} {
		if v[name].Text != binary {
			t.Errorf("%s: %q", name, v[name].Text)
		}
	}
	if want := "iVBORw0KGgoA//7DKCDDpCDwn5iAIO2ggIA="; v["text"].Text != want {
		t.Errorf("got %s, want %s", v["text"].Text, want)
	}
	if r.Request.Body != binary || r.Response.Body != binary+binary {
		t.Errorf("%q, %q", r.Request.Body, r.Response.Body)
	}
}

// Law: what a script passes on unseen stays as it was, whatever it is.
func FuzzBytes(f *testing.F) {
	for _, seed := range []string{"", "a", "ä", binary, "\xff", "\xf0\x9f\x98", "\xed\xb2\x80", "\ufffd\xff"} {
		f.Add(seed)
	}
	m := newMachine(newLimits(Options{}))
	f.Fuzz(func(t *testing.T, s string) {
		if got := bytesOf(m.text(s)); got != s {
			t.Errorf("%q became %q", s, got)
		}
	})
}
