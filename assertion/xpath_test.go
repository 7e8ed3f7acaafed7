package assertion

import (
	"strings"
	"testing"
	"time"

	"offscope/bucket"
)

const soap = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE e [<!ENTITY x "boom">]>
<s:Envelope xmlns:s="urn:soap" xmlns="urn:weather" version="1" s:must="2">
  <!-- remark -->
  <City>Spring<![CDATA[field & Co]]> x</City><City lang="fr">Deux</City>
  <s:Body xmlns=""><plain>p<q/></plain><price>3.50</price></s:Body>
</s:Envelope>`

func TestXPath(t *testing.T) {
	t.Parallel()
	s := subjectOf(soap)
	const nothing = "(nothing)"
	for expression, want := range map[string]string{
		// the vendor's example
		"//*[local-name()='City']/text()": "Springfield & Co x",
		// the first of several nodes counts, with all the text inside it
		"//*[local-name()='City']":             "Springfield & Co x",
		"//*[local-name()='City'][2]":          "Deux",
		"//*[local-name()='City'][last()]":     "Deux",
		"//*[local-name()='City']/@lang":       "fr",
		"//*[@lang='fr']":                      "Deux",
		"//plain":                              "p",
		"string(//plain)":                      "p",
		"//q":                                  "",
		"/s:Envelope/s:Body":                   "p3.50",
		"//plain/..":                           "p3.50",
		"//price | //plain":                    "p",
		"//plain/following-sibling::*":         "3.50",
		"//price/preceding-sibling::*[1]":      "p",
		"//plain/ancestor::s:Envelope/@s:must": "2",
		"//comment()":                          " remark ",
		// namespaces: a name without prefix is in no namespace, a prefix is what the response calls so
		"//City":                  nothing,
		"//s:Body/plain":          "p",
		"//s:plain":               nothing,
		"//soap:Body":             nothing,
		"/s:Envelope/@version":    "1",
		"/s:Envelope/@s:must":     "2",
		"/s:Envelope/@must":       nothing,
		"/s:Envelope/@xmlns":      nothing,
		"namespace-uri(//*[2])":   "urn:weather",
		"name(/*)":                "s:Envelope",
		"name( //*[ 2 ] )":        "City",
		"//*[name()='City']":      "Springfield & Co x",
		"//*[name(.)=\"s:Body\"]": "p3.50",
		"//*[local-name()='name(' or name()='price']": "3.50",
		// functions give numbers, booleans and strings
		"count(//*)":                 "7",
		"sum(//price)":               "3.5",
		"1 div 0":                    "Infinity",
		"number('x')":                "NaN",
		"boolean(//plain)":           "true",
		"not(//absent)":              "true",
		"//price > 3":                "true",
		"concat(//plain, '-', 'b')":  "p-b",
		"substring-after('a=b','=')": "b",
		"normalize-space('  a  b ')": "a b",
	} {
		a, err := s.Locate(bucket.ResponseXML, expression)
		got := a.Text
		if err != nil {
			got = err.Error()
			if err.(*LocateError).Kind == MissingNode {
				got = nothing
			}
		}
		if got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
}

func TestXMLIsReadAsXMLOrNotAtAll(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"\ufeff<a>é</a>": "é",
		"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>": "é",
		"<a>&lt;&#233;</a>":                 "<é",
		"<a>&x;</a>":                        "the response body is not XML: line 1: invalid character entity &x;: only the entities of XML itself are known, those of a document type are not expanded",
		"<a/>\n<b/>":                        "the response body is not XML: line 2: it has a second root element, b",
		"<a/>x":                             "the response body is not XML: line 1: there is text outside of the root element",
		"<a>":                               "the response body is not XML: <a> is not closed",
		"</a>":                              "the response body is not XML: line 1: </a> closes nothing",
		"<!-- -->":                          "the response body is not XML: it has no element",
		"<m:a/>":                            "the response body is not XML: line 1: the prefix of m:a is not declared",
		"<a m:b='1'/>":                      "the response body is not XML: line 1: the prefix of m:b is not declared",
		"<a><m:b xmlns:m='u'/>\n<m:b/></a>": "the response body is not XML: line 2: the prefix of m:b is not declared",
	} {
		a, err := subjectOf(body).Locate(bucket.ResponseXML, "/a")
		got := a.Text
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", body, got, want)
		}
	}
}

// A document type that would grow without bound is not expanded, and one that would exhaust the stack is refused.
func TestHostileXML(t *testing.T) {
	t.Parallel()
	bomb := `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>`
	if _, err := subjectOf(bomb).Locate(bucket.ResponseXML, "/a"); err == nil || !strings.Contains(err.Error(), "entity &b;") {
		t.Errorf("got %v", err)
	}
	deep := strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000)
	if _, err := subjectOf(deep).Locate(bucket.ResponseXML, "//a"); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("got %v", err)
	}
	just := strings.Repeat("<a>", xmlDepth) + "x" + strings.Repeat("</a>", xmlDepth)
	if a, err := subjectOf(just).Locate(bucket.ResponseXML, "count(//a)"); err != nil || a.Text != "1000" {
		t.Errorf("got %v %v", a, err)
	}
}

// Expressions and documents whose cost is quadratic end in time.
func TestHostileXMLEndsInTime(t *testing.T) {
	t.Parallel()
	wide := "<r>" + strings.Repeat("<a/>", 200_000) + "</r>"
	start := time.Now()
	_, err := subjectOf(wide).Locate(bucket.ResponseXML, "//a | //b")
	if err == nil || !strings.Contains(err.Error(), "takes too long") || time.Since(start) > 20*time.Second {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
	start = time.Now()
	pieces := "<r>" + strings.Repeat("<![CDATA[x]]>y", 200_000) + "</r>"
	a, err := subjectOf(pieces).Locate(bucket.ResponseXML, "string-length(/r/text())")
	if err != nil || a.Text != "400000" || time.Since(start) > 10*time.Second {
		t.Errorf("got %s %v after %v", a.Text, err, time.Since(start))
	}
}

// The law: neither a document nor an expression makes it panic or hang.
func FuzzXPath(f *testing.F) {
	for _, expression := range []string{"//*[local-name()='City']/text()", "name(", "//@*", "count(//a|//b)", "//a[name()='name(']", "'", "//n:*"} {
		f.Add(soap, expression)
	}
	f.Fuzz(func(t *testing.T, body, expression string) {
		if len(body) > 2000 || len(expression) > 60 {
			return
		}
		s, start := subjectOf(body), time.Now()
		if a, err := s.Locate(bucket.ResponseXML, expression); err == nil && a.Value == nil {
			t.Errorf("%q found nothing and no error", expression)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%q took %v", expression, took)
		}
	})
}
