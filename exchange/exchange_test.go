package exchange

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeaderNamesCompareWithoutCase(t *testing.T) {
	t.Parallel()
	h := Header{{"Accept", "a"}, {"X", "1"}, {"accept", "b"}}
	if got := h.Values("ACCEPT"); !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("values %v", got)
	}
	if h.Get("x") != "1" || h.Has("Y") || !h.Has("x") {
		t.Error("look-up failed")
	}
	before := h.Clone()
	h.Set("aCCept", "c")
	if want := (Header{{"Accept", "c"}, {"X", "1"}}); !cmp.Equal(h, want) {
		t.Errorf("after Set: %s", cmp.Diff(want, h))
	}
	h.Del("ACCEPT")
	h.Set("New", "n")
	if want := (Header{{"X", "1"}, {"New", "n"}}); !cmp.Equal(h, want) {
		t.Errorf("after Del: %s", cmp.Diff(want, h))
	}
	if before[0].Value != "a" || len(before) != 3 {
		t.Errorf("the clone changed: %v", before)
	}
}

func TestMarksAreShownAndCannotBeForged(t *testing.T) {
	t.Parallel()
	text := "a " + Mark{Secret: "auth", Encoding: Base64}.String() + " b"
	if got := Show(text, Bracketed); got != "a [auth] b" {
		t.Errorf("got %q", got)
	}
	got := Show(text, func(m Mark) string { return m.Secret + "/" + string(m.Encoding) })
	if got != "a auth/base64 b" {
		t.Errorf("got %q", got)
	}
	if forged := WithoutMarks(text); Show(forged, func(Mark) string { return "!" }) != forged {
		t.Errorf("a forged mark was taken for one: %q", forged)
	}
	if plain := "é – plain"; WithoutMarks(plain) != plain {
		t.Error("plain text changed")
	}
}

func TestMillisecondsAreRounded(t *testing.T) {
	t.Parallel()
	if got := (Timings{Total: 1500 * time.Microsecond}).Milliseconds(); got != 2 {
		t.Errorf("got %d", got)
	}
}
