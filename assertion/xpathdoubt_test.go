package assertion

import (
	"strings"
	"testing"

	"offscope/bucket"
)

const doubtful = `<r>
 <g><a x="1">one</a><a x="2">two</a><a>three</a></g>
 <g><a x="10">ten</a><b>one</b><a x="20">20</a></g>
 <n>7</n><n>9</n><n>9.5</n><e/><z>0</z><ab><ab><ab>deep</ab></ab></ab>
</r>`

// What XPath 1.0 says, or nothing: a library that says something else would let a row pass.
func TestXPathIsRightOrRefused(t *testing.T) {
	t.Parallel()
	s := subjectOf(doubtful)
	for expression, want := range map[string]string{
		// right
		"//a[1]": "one", "//a[2]": "two", "//g[2]/a[1]": "ten", "//a[last()]": "three", "(//a)[last()]": "20", "(//a)[4]": "ten",
		"//g[2]/*[local-name()='a'][2]": "20", "//g[2]/a[@x][last()]": "20", "//n[. > 8][1]": "9", "//n[.>8][last()]": "9.5",
		"string(//g[1]/a[@x][2])": "two", "//g[a][2]/b": "one", "//a[@x='10'] | //g[1]/a[@x][2]": "two",
		"count(//a)": "5", "count(//g//a)": "5", "count(//a|//b)": "6", "sum(//n)": "25.5", "sum(//absent)": "0",
		"//g[count(a)=3]/a[3]": "three", "//g[count(a[@x])=2][2]/b": "one", "(//g/a)[@x='10']": "ten", "//g[a[@x][2]][2]/b": "one", "//g[(a)[3]]/a": "one", "(//g)[2]/a": "ten",
		"not('')": "true", "not(0)": "true", "not('x')": "false", "not(//e)": "false", "not(//absent)": "true", "not(normalize-space(//e))": "true",
		"//a[not(@x)]": "three", "//a[not(@x = '1')]": "two", "//a[not(@x = '1') and not(@x = ')')][1]": "two", "not(not('a') or not('('))": "true", "//g[not(b)]/a": "one", "not(not(//a))": "true", "//b[not(contains(., 'x'))]": "one",
		"//n[9 = .]": "9", "//a['2' = @x]": "two", "//n = 9": "true", "count(//a) = 5": "true", "5 = count(//a)": "true", "//a[@x >= 10]": "ten",
		"//b/preceding-sibling::a[1]": "ten", "name(//b/ancestor::*[1])": "g", "//b/preceding::a": "one", "concat('true() = ', 'not(')": "true() = not(",
		"//a[. = '(x)[1]']": "(nothing)", "count(//ab)": "3",
		"//a[contains(., 'o') = true()]": "one", "//a[contains(., 'x')=true()]": "(nothing)", "//g[contains(b, 'x')=false()]/b": "one",
		"boolean(//z) = true()": "true", "true() = boolean(//absent)": "false", "contains(//z, '(') != false()": "false", "not(//z) = false()": "true", "not(//z) = true()": "false",
		"starts-with(//a, 'o') = true() and not(//e) = false()": "true", "//a[starts-with(., 't') = true()][1]": "two",
		"//r[count(.//ab) = 3]/e": "", "//r[count(.//ab) = 2]/e": "(nothing)", "//g[count(.//a[@x]) = 2][count(b) = 1]/b": "one", "//ab[count(.//ab) = 1]": "deep",
		// refused
		"//a[@x][3]": "counts among elements of different parents", "//a[@x][1]/text()": "counts among elements of different parents", "//a[@x][last()]": "counts among elements of different parents",
		"//a[position() <= 1][2]": "counts among elements of different parents", "string(//a[@x][3])": "counts among elements of different parents",
		"//r[g/a[@x][2]]": "counts among elements of different parents", "1 + //a[@x][3]": "counts among elements of different parents",
		"(//b|//a)[4]": "not found in the order of the document", "(//ab//ab)[3]": "not found in the order of the document, or twice",
		"count(//ab//ab)": "found twice", "count(//ab/descendant-or-self::ab)": "found twice", "//r[count(.//ab//ab) = 2]": "inside of brackets",
		"//g[count(a/..) = 3]": "inside of brackets", "//g[(a/..)[2]]": "inside of brackets", "count(//a/..)": "found twice", "sum(//n/../n)": "found twice",
		"sum(//a)": "adds up something that is no number", "//g[sum(.//a) > 1]": "inside of brackets",
		"//z = false()": "cannot be compared", "//z = true()": "cannot be compared", "true() = //z": "cannot be compared", "false()!=//absent": "cannot be compared",
		"not(//z) = '1'": "cannot be compared", "'true' = boolean(//z)": "cannot be compared", "//a[@x < true()]": "cannot be compared",
		"boolean(//z) = true() = false()": "cannot be compared", "1 + boolean(//z) = true()": "cannot be compared", "boolean(//z) = true() + 1": "cannot be compared",
		"boolean(//z) < 1 and boolean(//z) = true()": "cannot be compared", "boolean(//z) <= true()": "cannot be compared", "true() = (//z)": "cannot be compared",
		"9 = //n": "with the first node only", "8 < //n": "with the first node only", "9.0>=//n": "with the first node only", "//r[9 != //n]": "with the first node only",
		"//b/preceding::a[1]": "axis preceding::", "//b/preceding::*[last()]": "axis preceding::",
	} {
		a, err := s.Locate(bucket.ResponseXML, expression)
		got := a.Text
		if err != nil {
			got = err.Error()
			if err.(*LocateError).Kind == MissingNode {
				got = "(nothing)"
			}
		}
		if refused := err != nil && len(want) > 10 && strings.Contains(got, want); got != want && !refused {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
}

// Refusals that need no document are told by check.
func TestRefusedXPathIsKnownBefore(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"//z = true()", "9 = //n", "//b/preceding::a[1]", "//r[g/a[@x][2]]"} {
		if err := CheckProperty(bucket.ResponseXML, expression); err == nil {
			t.Errorf("%s is not refused", expression)
		}
	}
	for _, expression := range []string{"//a[@x][3]", "(//b|//a)[4]", "sum(//a)", "not('')"} {
		if err := CheckProperty(bucket.ResponseXML, expression); err != nil {
			t.Errorf("%s is refused: %v", expression, err)
		}
	}
}
