package assertion

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"offscope/bucket"
)

const (
	megabyte = 1 << 20
	wideMB   = 5
)

// laughs is a document type of which each entity holds ten of the one before.
func laughs() string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE l [<!ENTITY l0 "ha">`)
	for i := range 9 {
		fmt.Fprintf(&b, `<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	b.WriteString("]><l>&l9;</l>")
	return b.String()
}

func attributes(n int) string {
	var b strings.Builder
	b.WriteString("<r")
	for i := range n {
		fmt.Fprintf(&b, ` a%d=""`, i)
	}
	b.WriteString("/>")
	return b.String()
}

// What a server sends must neither hang a run nor fill the memory, and what is wrong with it is said once.
func TestHostileBodies(t *testing.T) {
	const (
		deepJSON  = "more than 10,000 arrays and objects are nested in each other"
		deepXML   = "more than 1000 elements are nested in each other"
		entities  = "those of a document type are not expanded"
		tooLong   = "takes too long on this response"
		manyAttrs = "an element has more than 10000 attributes"
	)
	wide := "<r>" + strings.Repeat(`<a x="1">t</a>`, wideMB*megabyte/14) + "</r>"
	// An element that stands in a thousand others: putting its text together is work for each of them.
	heavy := strings.Repeat("<a>", xmlDepth-1) + strings.Repeat("x", wideMB*megabyte) + strings.Repeat("</a>", xmlDepth-1)
	for _, row := range []struct {
		name, body string
		src        bucket.Source
		property   string
		want       string // a part of the error; "" when there is none
	}{
		{"JSON a million deep", strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6), bucket.ResponseJSON, "a", deepJSON},
		{"JSON objects a million deep", strings.Repeat(`{"a":`, 1e6), bucket.ResponseJSON, "a", deepJSON},
		{"10 MB of brackets", strings.Repeat("[", 10*megabyte), bucket.ResponseJSON, "[0]", deepJSON},
		{"10 MB of spaces", strings.Repeat(" ", 10*megabyte), bucket.ResponseJSON, "", "it is empty"},
		{"10 MB of quotes", strings.Repeat(`"`, 10*megabyte), bucket.ResponseJSON, "", "the response body is not JSON"},
		{"10 MB of digits", strings.Repeat("9", 10*megabyte), bucket.ResponseJSON, "", ""},
		{"10 MB of values", "[" + strings.Repeat("1,", 5*megabyte) + "1]", bucket.ResponseJSON, "[0]", "there are more than 1,500,000 values and names"},
		{"equal names", "{" + strings.Repeat(`"a":0,`, megabyte/2) + `"a":1}`, bucket.ResponseJSON, "a", ""},
		{"JSON that is no UTF-8", "{\"a\":\"\xff\xfe\x80\"}", bucket.ResponseJSON, "a", ""},
		{"broken JSON that is no UTF-8", "{\"a\":\xff", bucket.ResponseJSON, "a", "the response body is not JSON"},
		{"text that is no UTF-8", strings.Repeat("\xff", megabyte), bucket.ResponseText, "", ""},
		{"a path of many dots in many keys", `{"a":{"a":{"a":1}},"a.a":{"a":1},"a.a.a":{"a":2}}`, bucket.ResponseJSON,
			strings.Repeat("a.", 2000) + "b", "Unable to locate"},

		{"billion laughs", laughs(), bucket.ResponseXML, "/l", entities},
		{"parameter entities", `<!DOCTYPE l [<!ENTITY % a "<!ENTITY b 'c'>"> %a;]><l>&b;</l>`, bucket.ResponseXML, "/l", entities},
		{"XML a million deep", strings.Repeat("<a>", 1e6) + strings.Repeat("</a>", 1e6), bucket.ResponseXML, "//a", deepXML},
		{"10 MB of <", strings.Repeat("<", 10*megabyte), bucket.ResponseXML, "//a", "line 1"},
		{"10 MB of a document type", "<!DOCTYPE a [" + strings.Repeat("<!", 5*megabyte), bucket.ResponseXML, "//a", "unexpected EOF"},
		{"a million attributes", attributes(1e6), bucket.ResponseXML, "//@a7", manyAttrs},
		{"thousands of attributes", attributes(9_000), bucket.ResponseXML, "//@a7", ""},
		{"10 MB of elements", "<r>" + strings.Repeat("<a/>", 10*megabyte/4) + "</r>", bucket.ResponseXML, "//a", "more than 2000000 nodes"},
		{"XML that is no UTF-8", "<r>\xff</r>", bucket.ResponseXML, "/r", "invalid UTF-8"},
		{"an unknown charset", `<?xml version="1.0" encoding="no-such"?><r/>`, bucket.ResponseXML, "/r", "no-such"},

		{"all preceding of all", wide, bucket.ResponseXML, "//a[preceding::b]", tooLong},
		{"the whole text for each", wide, bucket.ResponseXML, "//a[contains(/, 'z')]", tooLong},
		{"a long text in many elements", heavy, bucket.ResponseXML, "//a[.='y']", tooLong},
		{"one among many", wide, bucket.ResponseXML, "count(//a[.='t'])", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := subjectOf(row.body)
			allocated := heapAllocated()
			start := time.Now()
			_, err := s.Locate(row.src, row.property)
			if took := time.Since(start); took > 2*time.Minute {
				t.Errorf("took %v", took)
			}
			if live := heapLive() - allocated; live > 1<<30 {
				t.Errorf("%d MB are in use", live/megabyte)
			}
			switch {
			case row.want == "" && err != nil:
				t.Error(err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("%.300v, want %s", err, row.want)
			case err != nil && (len(err.Error()) > 200+2*len(row.property) || strings.Contains(err.Error(), "\n")):
				t.Errorf("a long message: %.500v", err)
			}
		})
	}
}

func heapLive() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func heapAllocated() int64 {
	runtime.GC()
	return heapLive()
}

// Nothing that a document type names is fetched.
func TestExternalEntitiesAreNotFetched(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 1)
	go func() {
		if connection, err := listener.Accept(); err == nil {
			connection.Close()
			asked <- struct{}{}
		}
	}()
	address := "http://" + listener.Addr().String() + "/e.dtd"
	for body, want := range map[string]string{
		`<!DOCTYPE r SYSTEM "` + address + `"><r>x</r>`:                          "",
		`<!DOCTYPE r [<!ENTITY e SYSTEM "` + address + `">]><r>&e;</r>`:          "invalid character entity &e;",
		`<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><r>&e;</r>`:     "invalid character entity &e;",
		`<!DOCTYPE r [<!ENTITY % e SYSTEM "` + address + `"> %e;]><r>x</r>`:      "",
		`<r xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="/"/></r>`: "",
	} {
		_, err := subjectOf(body).Locate(bucket.ResponseXML, "/r")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
	listener.Close()
	select {
	case <-asked:
		t.Error("somebody was asked")
	default:
	}
}
