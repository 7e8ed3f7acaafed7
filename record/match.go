package record

// A pair is a step or test in both of two runs; one side is nil when only the other run has it.
type pair[T any] struct{ a, b *T }

// matchTests finds the test of run b for each of run a: first those of the same file, name and iteration, then those of the
// same name and iteration, in case a file was moved. Several alike are matched in their order.
func matchTests(a, b []*testFacts) []pair[testFacts] {
	partner, taken := map[*testFacts]*testFacts{}, map[*testFacts]bool{}
	for _, byFile := range []bool{true, false} {
		waiting := map[likeness][]*testFacts{}
		for _, y := range b {
			if !taken[y] {
				k := likenessOf(y, byFile)
				waiting[k] = append(waiting[k], y)
			}
		}
		for _, x := range a {
			k := likenessOf(x, byFile)
			if partner[x] == nil && len(waiting[k]) > 0 {
				y := waiting[k][0]
				partner[x], taken[y], waiting[k] = y, true, waiting[k][1:]
			}
		}
	}
	var pairs []pair[testFacts]
	for _, x := range a {
		pairs = append(pairs, pair[testFacts]{x, partner[x]})
	}
	for _, y := range b {
		if !taken[y] {
			pairs = append(pairs, pair[testFacts]{nil, y})
		}
	}
	return pairs
}

// A likeness is what two tests have in common when they are the same.
type likeness struct {
	file, name string
	iteration  int
	subtest    bool
}

func likenessOf(t *testFacts, byFile bool) likeness {
	l := likeness{name: t.Name, iteration: t.Iteration, subtest: t.sub != 0}
	if byFile {
		l.file = t.File
	}
	return l
}

// matchSteps finds the step of run b for each of run a, in the order of the steps. Steps that look the same in both files are
// matched in order; between them, as many steps here as there are the same steps, changed.
func matchSteps(a, b []*stepFacts) []pair[stepFacts] {
	begin := 0
	for begin < min(len(a), len(b)) && looksSame(a[begin], b[begin]) {
		begin++
	}
	end := 0
	for end < min(len(a), len(b))-begin && looksSame(a[len(a)-1-end], b[len(b)-1-end]) {
		end++
	}
	pairs := zip(a[:begin], b[:begin])
	pairs = append(pairs, align(a[begin:len(a)-end], b[begin:len(b)-end])...)
	return append(pairs, zip(a[len(a)-end:], b[len(b)-end:])...)
}

// looksSame reports whether two steps are the same one as far as their files say.
func looksSame(x, y *stepFacts) bool {
	return x.Kind == y.Kind && x.Note == y.Note && x.Method == y.Method && x.URL == y.URL
}

// mostCells bounds the table for the longest common subsequence. Where it would be larger, two files have next to nothing
// in common, and steps are matched by number.
const mostCells = 4 << 20

// align matches what is between the common beginning and the common end.
func align(a, b []*stepFacts) []pair[stepFacts] {
	if (len(a)+1)*(len(b)+1) > mostCells {
		return zip(a, b)
	}
	longest := common(a, b)
	var pairs []pair[stepFacts]
	i, j, fromA, fromB := 0, 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case looksSame(a[i], b[j]):
			pairs = append(pairs, gap(a[fromA:i], b[fromB:j])...)
			pairs = append(pairs, pair[stepFacts]{a[i], b[j]})
			i, j = i+1, j+1
			fromA, fromB = i, j
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return append(pairs, gap(a[fromA:], b[fromB:])...)
}

// common returns how many steps the ends of a and b from each pair of places have in common.
func common(a, b []*stepFacts) [][]int32 {
	longest := make([][]int32, len(a)+1)
	for i := range longest {
		longest[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if looksSame(a[i], b[j]) {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	return longest
}

// gap pairs steps that look different: as many here as there are the same, changed; else some were added or taken out, and
// nothing says which.
func gap(a, b []*stepFacts) []pair[stepFacts] {
	if len(a) == len(b) {
		return zip(a, b)
	}
	return append(zip(a, nil), zip(nil, b)...)
}

// zip pairs steps by their place.
func zip(a, b []*stepFacts) []pair[stepFacts] {
	var pairs []pair[stepFacts]
	for i := range max(len(a), len(b)) {
		var p pair[stepFacts]
		if i < len(a) {
			p.a = a[i]
		}
		if i < len(b) {
			p.b = b[i]
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// MatchSteps finds for each step of b the one of a that it was, as [Compare] matches them: the index in a, or -1 for a step that
// is new. Where the same number of steps differs in the same place, two are the same one only when they are of one kind and
// share the note, or method and URL.
func MatchSteps(a, b []StepView) []int {
	matched := make([]int, len(b))
	places := map[*stepFacts]int{}
	for i := range matched {
		matched[i] = -1
	}
	wrap := func(views []StepView) []*stepFacts {
		var all []*stepFacts
		for i, v := range views {
			s := &stepFacts{StepView: v}
			places[s] = i
			all = append(all, s)
		}
		return all
	}
	for _, p := range matchSteps(wrap(a), wrap(b)) {
		if p.a != nil && p.b != nil && resembles(p.a, p.b) {
			matched[places[p.b]] = places[p.a]
		}
	}
	return matched
}

func resembles(x, y *stepFacts) bool {
	return x.Kind == y.Kind && (x.Note == y.Note || x.Method == y.Method && x.URL == y.URL)
}
