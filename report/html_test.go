package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"offscope/event"
)

// pages are the pages of all streams, as another parser than a browser's reads them.
func pages(t *testing.T) map[string]*html.Node {
	t.Helper()
	all := map[string]*html.Node{}
	for name, events := range timedStreams() {
		root, err := html.Parse(strings.NewReader(document(t, "html", events)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = root
	}
	return all
}

func elements(n *html.Node, is func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && is(d) {
			found = append(found, d)
		}
	}
	return found
}

func tagged(tag string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == tag }
}

// classed finds elements that have all of the classes.
func classed(tag string, classes ...string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		has := strings.Fields(valueOf(n, "class"))
		return n.Data == tag && !slices.ContainsFunc(classes, func(c string) bool { return !slices.Contains(has, c) })
	}
}

func valueOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return out.String()
}

// A parser repairs what is wrong with a page, such as an element that is not closed or stands where it must not. So the
// elements of its tree are those of the page, in the same places, only if nothing is wrong.
func TestAPageNeedsNoRepair(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		var read []string
		var walk func(n *html.Node, depth int)
		walk = func(n *html.Node, depth int) {
			if n.Type == html.ElementNode {
				read = append(read, fmt.Sprintf("%d %s", depth, n.Data))
			}
			for c := range n.ChildNodes() {
				walk(c, depth+1)
			}
		}
		walk(root, 0)
		if diff := gocmp.Diff(written(t, document(t, "html", timedStreams()[name])), read); diff != "" {
			t.Errorf("%s: -written +read\n%s", name, diff)
		}
	}
}

// written are the elements of a page as its tags have them, each with how deep it stands.
func written(t *testing.T, page string) []string {
	t.Helper()
	var found, open []string
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if z.Err() != io.EOF || len(open) > 0 {
				t.Fatalf("%v, with %v open", z.Err(), open)
			}
			return found
		case html.StartTagToken:
			found = append(found, fmt.Sprintf("%d %s", len(open)+1, token.Data))
			if token.Data != "meta" && token.Data != "input" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> within %v", token.Data, open)
			}
			open = open[:len(open)-1]
		case html.SelfClosingTagToken, html.CommentToken:
			t.Fatalf("%s", token)
		}
	}
}

// What a page may hold. Whatever a server says must not add to it.
var (
	allowedTags       = strings.Fields("html head meta title style body header main footer section nav h1 h2 h3 p dl div dt dd ul li table thead tbody tr th td details summary figure figcaption pre code mark span b a abbr input label")
	allowedAttributes = strings.Fields("lang charset http-equiv content name class id href for type scope colspan open title aria-labelledby aria-hidden")
)

func TestAPageHoldsNothingThatActsOrLeadsElsewhere(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		for _, n := range elements(root, func(*html.Node) bool { return true }) {
			if !slices.Contains(allowedTags, n.Data) {
				t.Errorf("%s: there is a %s", name, n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(allowedAttributes, a.Key) || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("%s: %s has %s=%q", name, n.Data, a.Key, a.Val)
				}
			}
		}
	}
	if regexp.MustCompile(`(?i)url\(|@import|expression|</`).MatchString(htmlStyle) {
		t.Error("the style sheet leads elsewhere")
	}
}

func TestThePolicyAllowsTheStyleSheetAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		style := elements(root, tagged("style"))
		if len(style) != 1 || textOf(style[0]) != htmlStyle {
			t.Fatalf("%s: another style sheet", name)
		}
		sum := sha256.Sum256([]byte(textOf(style[0])))
		want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
		policies := elements(root, func(n *html.Node) bool { return valueOf(n, "http-equiv") == "Content-Security-Policy" })
		if len(policies) != 1 || valueOf(policies[0], "content") != want {
			t.Errorf("%s: %d policies", name, len(policies))
		}
	}
}

func TestLinksAndLabelsOfAPageLeadSomewhere(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		ids := map[string]int{}
		for _, n := range elements(root, func(n *html.Node) bool { return valueOf(n, "id") != "" }) {
			ids[valueOf(n, "id")]++
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: %d elements have the id %s", name, n, id)
			}
		}
		for _, n := range elements(root, func(*html.Node) bool { return true }) {
			for _, to := range []string{strings.TrimPrefix(valueOf(n, "href"), "#"), valueOf(n, "for"), valueOf(n, "aria-labelledby")} {
				if to != "" && ids[to] == 0 {
					t.Errorf("%s: a %s leads to %s, which is not there", name, n.Data, to)
				}
			}
		}
	}
}

// The tests and the steps of a page are those of the stream: of each test the last attempt, of each loop all rounds.
func TestAPageHasEveryTestAndEveryStep(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		tests, steps, bad := 0, 0, 0
		for _, e := range lastAttempts(timedStreams()[name]) {
			switch b := e.Body.(type) {
			case event.TestStarted:
				if e.Sub == 0 {
					tests++
				}
			case event.StepStarted:
				steps++
			case event.StepFinished:
				if b.Outcome.Bad() {
					bad++
				}
			}
		}
		got := []int{len(elements(root, classed("section", "test"))), len(stepRows(root)), len(elements(root, func(n *html.Node) bool { return strings.HasPrefix(valueOf(n, "id"), "failure-") }))}
		if want := []int{tests, steps, bad}; !slices.Equal(got, want) {
			t.Errorf("%s: %v tests, steps and failures, want %v", name, got, want)
		}
	}
}

// stepRows are the rows of steps, without those of subtests and of what is told below a step.
func stepRows(root *html.Node) []*html.Node {
	var rows []*html.Node
	for _, table := range elements(root, classed("table", "steps")) {
		rows = append(rows, elements(table, func(n *html.Node) bool {
			return n.Data == "tr" && n.Parent.Data == "tbody" && n.FirstChild.Data == "td" && valueOf(n.FirstChild, "class") == "n" && textOf(n.FirstChild) != ""
		})...)
	}
	return rows
}

func TestTheTablesOfAPageHaveAsManyColumnsAsHeaders(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		for _, table := range elements(root, tagged("table")) {
			headers := len(elements(table, func(n *html.Node) bool { return n.Data == "th" && valueOf(n, "scope") == "col" }))
			for _, r := range elements(table, tagged("tr")) {
				columns := 0
				for c := range r.ChildNodes() {
					span, _ := strconv.Atoi(cmp.Or(valueOf(c, "colspan"), "1"))
					if c.Type == html.ElementNode {
						columns += span
					}
				}
				if columns != headers {
					t.Errorf("%s: a row has %d columns of %d: %s", name, columns, headers, textOf(r))
				}
			}
		}
	}
}

func TestTheHeadingsOfAPageDescendStepByStep(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		level := 0
		for _, h := range elements(root, func(n *html.Node) bool { return regexp.MustCompile(`^h\d$`).MatchString(n.Data) }) {
			if next := int(h.Data[1] - '0'); next > level+1 || next == 1 && level > 0 {
				t.Errorf("%s: h%d after h%d: %s", name, next, level, textOf(h))
			} else {
				level = next
			}
		}
		for _, landmark := range []string{"header", "main", "footer"} {
			if n := len(elements(root, tagged(landmark))); n != 1 {
				t.Errorf("%s: %d elements %s", name, n, landmark)
			}
		}
	}
}

func TestTheVerdictOfAPageIsTheLastLineOfTheText(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		events := timedStreams()[name]
		if len(events) == 0 || strings.HasPrefix(name, "cut-off") || name == "unannounced" {
			continue // the text has no last line, or that of a test
		}
		lines := strings.Split(strings.TrimSpace(draw(t, events, TextOptions{})), "\n")
		want := strings.Join(strings.Fields(lines[len(lines)-1]), " ")
		if got := textOf(elements(root, tagged("h1"))[0]); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A step's row has the word, the name and the figures of its line in the text.
func TestAPageNamesStepsAsTheTextDoes(t *testing.T) {
	t.Parallel()
	for name, root := range pages(t) {
		lines := strings.Split(draw(t, lastAttempts(timedStreams()[name]), TextOptions{Width: 5000, OneByOne: true}), "\n")
		for _, r := range stepRows(root) {
			cells := elements(r, func(n *html.Node) bool { return n.Parent == r })
			numbers := strings.Split(textOf(cells[0]), ".")
			number, _ := strconv.Atoi(numbers[len(numbers)-1])
			word, label := textOf(cells[1]), textOf(cells[2].FirstChild)
			var figures []string
			for _, c := range cells[3:] {
				figures = append(figures, textOf(c))
			}
			line := regexp.MustCompile(fmt.Sprintf(`^ *\[ *%d/\d+\] %s +%s.*%s$`, number, word, regexp.QuoteMeta(strings.TrimSpace(label)), regexp.QuoteMeta(strings.Join(figures, " "))))
			if !slices.ContainsFunc(lines, func(l string) bool { return line.MatchString(pressed(l)) || line.MatchString(l) }) && !cutOffStep(r) {
				t.Errorf("%s: the text has no line for %q %q %q %q\n%s", name, textOf(cells[0]), word, label, figures, strings.Join(lines, "\n"))
			}
		}
	}
}

// pressed is a line with one space between its columns.
func pressed(line string) string { return regexp.MustCompile(` +`).ReplaceAllString(line, " ") }

// cutOffStep reports whether the end of a step is not in the stream; the text then has no line for it.
func cutOffStep(row *html.Node) bool { return strings.Contains(textOf(row), stepCutOff) }

// What the text says about a failure, a notice or the end of a test is on the page, word by word. Left out here are the lines of
// steps, which have a test of their own, headings, and what is cut to its place.
func TestAPageTellsWhatTheTextTells(t *testing.T) {
	t.Parallel()
	elsewhere := regexp.MustCompile(`^(\[ *\d+/\d+\]|pass, |fail, |PASS  |FAIL  )|, environment |, seed |; -v shows each\)|` + regexp.QuoteMeta(dots))
	rewritten := strings.NewReplacer("to repeat the request:", "To repeat the request", "hint:", "Hint:")
	place, notice := regexp.MustCompile(`^(\S+:\d+:\d+): `), regexp.MustCompile(`^(error|warning|notice): (\S+:\d+:\d+): `)
	for name, root := range pages(t) {
		page := squeezed(textOf(root))
		events := lastAttempts(timedStreams()[name])
		for i := range events {
			events[i].Body = plain(events[i].Body)
		}
		told := 0
		for line := range strings.Lines(draw(t, events, TextOptions{Width: htmlColumns, OneByOne: true})) {
			if line = strings.TrimSpace(line); elsewhere.MatchString(line) {
				continue
			}
			told++
			line = rewritten.Replace(place.ReplaceAllString(notice.ReplaceAllString(line, "$2 $1: "), "$1 "))
			if !strings.Contains(page, squeezed(line)) {
				t.Errorf("%s: the page does not say %q", name, line)
			}
		}
		if name == "assertions" && told < 20 {
			t.Errorf("%s: only %d lines were compared", name, told)
		}
	}
}

// squeezed leaves out spaces, because the two break their lines in other places.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

func TestAPageTellsWhatARunLeavesBehind(t *testing.T) {
	t.Parallel()
	events := several()
	end := len(events) - 1
	events = slices.Insert(events, end,
		event.Event{Body: event.Resource{URL: "http://h/Users/1", InTest: 1, InStep: 3}},
		event.Event{Body: event.Resource{URL: "http://h/Users/<2>", InTest: 2, InStep: 4, CleanUp: true, Status: 403, Error: "the server answered 403 Forbidden"}},
		event.Event{Body: event.Resource{URL: "http://h/Users/3", InTest: 2, InStep: 5, CleanUp: true, Deleted: true}})
	page := document(t, "html", timed(events))
	for _, want := range []string{
		"<p>created and still there: 1 (--cleanup deletes what a run creates)</p>\n<ul>\n<li>http://h/Users/1 (test 1, step 3)</li>\n</ul>",
		"<p>cleaned up: 1 of 2 created resources deleted</p>\n<ul>\n<li>not deleted: http://h/Users/&lt;2&gt; (test 2, step 4): the server answered 403 Forbidden</li>\n</ul>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q in\n%s", want, page[strings.LastIndex(page, "</section>")-1000:])
		}
	}
}

func TestAPageOfAShardSaysWhichOneItIs(t *testing.T) {
	t.Parallel()
	events := several()
	events[0].Body = event.RunStarted{Version: "1.0.0", Seed: 42, Tests: 3, Shard: event.Shard{Number: 2, Of: 4, Tests: 12}}
	for i, e := range events {
		if b, ok := e.Body.(event.TestStarted); ok {
			b.Position = 10 * e.Test
			events[i].Body = b
		}
	}
	page := document(t, "html", timed(events))
	for _, want := range []string{"<dt>Shard</dt><dd>2 of 4, with 3 of 12 tests</dd>", `<tr><td class="n">10</td>`, `<tr><td class="n">30</td>`} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q in\n%s", want, page)
		}
	}
}

// The line of a loop says in which round it was last. A loop inside counts its own rounds.
func TestARoundOfALoopIsOneInWhichAStepWasRun(t *testing.T) {
	t.Parallel()
	step := func(depth, round int, kind string, o event.Outcome) *stepResult {
		return &stepResult{started: event.StepStarted{StepKind: kind, Depth: depth, Iteration: round}, finished: event.StepFinished{Outcome: o}}
	}
	for _, row := range []struct {
		name  string
		later []*stepResult
		want  int
	}{
		{"nothing inside", nil, 1},
		{"two rounds", []*stepResult{step(1, 1, "request", event.Passed), step(1, 2, "request", event.Failed)}, 2},
		{"passed over", []*stepResult{step(1, 1, "request", event.Passed), step(1, 2, "request", event.NotRun)}, 1},
		{"in a condition", []*stepResult{step(1, 1, "condition", event.Passed), step(2, 3, "request", event.Passed)}, 3},
		{"in a loop inside", []*stepResult{step(1, 2, "loop", event.Passed), step(2, 9, "request", event.Passed), step(1, 3, "request", event.Passed)}, 3},
		{"behind the loop", []*stepResult{step(1, 2, "request", event.Passed), step(0, 7, "request", event.Passed), step(1, 8, "request", event.Passed)}, 2},
	} {
		s := step(0, 0, "loop", event.Failed)
		s.compared = []event.Compared{{Iteration: 1}}
		if got := s.rounds(row.later); got != row.want {
			t.Errorf("%s: %d, want %d", row.name, got, row.want)
		}
	}
}

// A page of failures only grows with them, and lists the first of them above.
func TestTheListOfFailuresIsShort(t *testing.T) {
	t.Parallel()
	s := run(1).open("Many", "t.json", failuresListed+5)
	for i := range failuresListed + 5 {
		s.request(fmt.Sprintf("Step %d", i+1), answer("GET", "/", 500, "", ""), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), unequal(1, 1, "a", "y", "z", "string"))
	}
	root, err := html.Parse(strings.NewReader(document(t, "html", timed(allFailed(s, "", event.Counts{})))))
	if err != nil {
		t.Fatal(err)
	}
	entries := elements(elements(root, tagged("nav"))[0], tagged("li"))
	if len(entries) != failuresListed+1 || textOf(entries[failuresListed]) != "and 5 more" {
		t.Errorf("%d entries, the last is %q", len(entries), textOf(entries[len(entries)-1]))
	}
}

// What ran without a remark takes little room, however much came back.
func TestPassedStepsTakeLittleRoom(t *testing.T) {
	t.Parallel()
	size := func(steps int) int {
		var out bytes.Buffer
		r, _ := New("html", &out, Options{})
		manySteps(t, steps, func(e event.Event) error {
			if f, ok := e.Body.(event.StepFinished); ok {
				f.Outcome = event.Passed
				e.Body = f
			}
			return r.Write(e)
		})
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Len()
	}
	if each := (size(200) - size(100)) / 100; each > 250 {
		t.Errorf("a step takes %d bytes", each)
	}
}

// Colours of text have the contrast that the accessibility guidelines ask for (WCAG 2, 1.4.3), by day and by night.
func TestTextHasContrast(t *testing.T) {
	t.Parallel()
	day, night, found := strings.Cut(htmlStyle, "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("there is no style for the night")
	}
	for name, text := range map[string]string{"day": day, "night": night[:strings.Index(night, "\n}")]} {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6});`).FindAllStringSubmatch(text, -1) {
			colours[m[1]] = m[2]
		}
		papers := []string{"paper", "shade"}
		inks := slices.DeleteFunc(slices.Sorted(maps.Keys(colours)), func(c string) bool { return slices.Contains(papers, c) || c == "rule" })
		if len(inks) != 6 {
			t.Fatalf("%s: the colours of text are %v", name, inks)
		}
		for _, paper := range papers {
			for _, ink := range inks {
				if c := contrast(colours[paper], colours[ink]); c < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", name, ink, paper, c)
				}
			}
		}
	}
}

func contrast(a, b string) float64 {
	light, dark := max(luminance(a), luminance(b)), min(luminance(a), luminance(b))
	return (light + 0.05) / (dark + 0.05)
}

// luminance is the relative luminance of "#rrggbb".
func luminance(colour string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
