package report

import (
	"bytes"
	"errors"
	"regexp"
	"testing"

	"offscope/event"
)

func TestTextHoldsNoCommandOfGitHub(t *testing.T) {
	t.Parallel()
	evil := "one\n::add-mask::a\n ::stop-commands::b\n\t::c::d\n##[set-output name=a;]b\n###[error]x :::y"
	s := run(1).open("::error::"+evil, "::warning::.json", 1)
	x := exchangedAs{answer("POST", "/Users", 400, evil, evil)}.with(evil, "text/plain")
	wide := unequal(1, 20, "a", "plain", evil+" "+evil, "string")
	s.request(evil, x, failed(event.Counts{Assertions: 1, AssertionsFailed: 1}, evil), wide)
	events := timed(allFailed(s, evil, event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1}))
	command := regexp.MustCompile(`(?m)^\s*::|##\[`)
	for width := leastWidth; width < 140; width++ {
		var plain, free bytes.Buffer
		for _, text := range []*Text{NewText(&plain, TextOptions{Width: width, Verbosity: Bodies}), NewText(WithoutCommands(&free), TextOptions{Width: width, Verbosity: Bodies})} {
			for _, e := range events {
				if err := text.Write(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !command.MatchString(plain.String()) {
			t.Fatal("there was nothing to hide")
		}
		if found := command.FindString(free.String()); found != "" {
			t.Errorf("%d columns: %q begins a command in\n%s", width, found, free.String())
		}
	}
}

func TestWithoutCommandsPassesOnTheErrorOfItsWriter(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	if n, err := WithoutCommands(writerFunc(func([]byte) (int, error) { return 0, full })).Write([]byte("a\n")); n != 0 || !errors.Is(err, full) {
		t.Errorf("got %d, %v", n, err)
	}
	if n, err := WithoutCommands(new(bytes.Buffer)).Write([]byte("::a::\n")); n != 6 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}
