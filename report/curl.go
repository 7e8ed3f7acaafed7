package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"offscope/event"
	"offscope/exchange"
)

// Curl writes a command for a POSIX shell that repeats a request with curl.
//
// It never holds a secret: each stands in it as a shell variable with the name that the report prints in brackets, made fit
// for a shell: [auth] becomes $auth, [API key] becomes $API_key. What belongs into the variable is the text as it stood in
// the request; when the secret was spelled differently there, such as a password inside the base64 of basic authentication,
// a comment above the command says so.
//
// A body that is not text, or of which the event has only a beginning, cannot be repeated: the command then reads it from
// standard input, and a comment says that it has to be given. Options of the run that are no part of the request, such as a
// proxy, are not in the command; the text report has them from [TextOptions].
func Curl(r event.Request) string { return curlCommand(r, nil, "", curlLine) }

// curl prints the command, further lines of it indented; a body of several lines keeps its own beginnings of lines.
func (p *page) curl(r event.Request) {
	p.line(inStep, paint(p.o.Palette.Dim, "to repeat the request:"))
	p.line(inStep, curlCommand(r, p.o.CurlFlags, strings.Repeat(" ", p.margin)+inStep, min(curlLine, p.room(inStep)-len("curl "))))
}

const curlLine = 100 // arguments that are longer are written one a line, also where there is room

// curlCommand puts options of the run, which are words of a shell already, before those of the request. Arguments that are longer
// than room are written one a line.
func curlCommand(r event.Request, options []string, indent string, room int) string {
	names := &shellNames{}
	names.reserve(r)
	arguments := append(slices.Clone(options), curlArguments(r, names)...)
	body, pipe := curlBody(r.Body, names)
	arguments = append(arguments, body...)
	join := " "
	if long := strings.Join(arguments, " "); len(pipe)+len(long) > room {
		join = " \\\n" + indent + "  "
	}
	var out strings.Builder
	for _, c := range append(names.comments(), curlComment(r.Body)...) {
		for _, l := range commentLines(escape(c), room) {
			out.WriteString("# " + l + "\n" + indent)
		}
	}
	out.WriteString(pipe + "curl " + strings.Join(arguments, join))
	return out.String()
}

// commentLines breaks a comment where the screen is narrow.
func commentLines(comment string, room int) []string {
	if room >= curlLine {
		return []string{comment}
	}
	return wrap(comment, room)
}

func curlArguments(r event.Request, names *shellNames) []string {
	var out []string
	if option := curlMethod(r, names); option != "" {
		out = append(out, option)
	}
	if strings.ContainsAny(r.URL, "[]{}") {
		out = append(out, "--globoff") // to curl these are patterns
	}
	out = append(out, names.word(r.URL))
	typed := false
	for _, f := range r.Header {
		typed = typed || strings.EqualFold(f.Name, "Content-Type")
		if argument := curlHeader(f, r.URL, names); argument != "" {
			out = append(out, argument)
		}
	}
	if !typed && r.Body.Size > 0 {
		out = append(out, "-H Content-Type:") // without it curl calls every body a form
	}
	return out
}

// curlMethod is the option for a method that curl would not choose by itself.
func curlMethod(r event.Request, names *shellNames) string {
	switch {
	case r.Method == "HEAD" && r.Body.Size == 0:
		return "--head"
	case r.Method == "GET" && r.Body.Size == 0, r.Method == "POST" && r.Body.Size > 0:
		return ""
	}
	return "-X " + names.word(r.Method)
}

// curlHeader is the option for a header, "" for one that curl sends by itself.
func curlHeader(f exchange.Field, url string, names *shellNames) string {
	switch strings.ToLower(f.Name) {
	case "content-length":
		return ""
	case "host":
		if _, rest, _ := strings.Cut(url, "://"); strings.HasPrefix(rest+"/", f.Value+"/") {
			return ""
		}
	case "accept-encoding":
		return "--compressed"
	}
	if f.Value == "" {
		return "-H " + names.word(f.Name+";") // with a colon curl would leave the header out
	}
	return "-H " + names.word(f.Name+": "+f.Value)
}

// curlBody returns the option for the body, and the command whose output is piped into curl when the body holds characters
// that must not go to a terminal as they are.
func curlBody(c event.Content, names *shellNames) (option []string, pipe string) {
	switch {
	case c.Size == 0 && c.Text == "":
		return nil, ""
	case c.Binary || c.Cut:
		return []string{"--data-binary @-"}, ""
	case printable(exchange.Show(c.Text, func(exchange.Mark) string { return "" })):
		// raw, because a body that begins with @ is not the name of a file
		return []string{"--data-raw " + names.word(c.Text)}, ""
	}
	return []string{"--data-binary @-"}, names.printf(c.Text) + " | "
}

func curlComment(c event.Content) []string {
	switch {
	case c.Binary:
		return []string{"the body is not text: give its " + byteSize(c.Size) + " on standard input"}
	case c.Cut:
		return []string{"the body is too long to be kept: give its " + byteSize(c.Size) + " on standard input"}
	}
	return nil
}

// shellNames gives each secret of a command a shell variable of its own.
type shellNames struct {
	taken []shellName
}

type shellName struct {
	mark exchange.Mark
	name string
}

// reserve gives the bare values their names first; another spelling of one then takes a longer name.
func (s *shellNames) reserve(r event.Request) {
	look := func(text string) {
		exchange.Show(text, func(m exchange.Mark) string {
			if m.Encoding == exchange.Plain {
				s.of(m)
			}
			return ""
		})
	}
	look(r.URL)
	for _, f := range r.Header {
		look(f.Value)
	}
	if !r.Body.Cut {
		look(r.Body.Text)
	}
}

// of returns the variable for a mark. The same secret in two spellings needs two variables.
func (s *shellNames) of(m exchange.Mark) string {
	if i := slices.IndexFunc(s.taken, func(n shellName) bool { return n.mark == m }); i >= 0 {
		return s.taken[i].name
	}
	base := shellFit(m.Secret)
	if s.has(base) && m.Encoding != exchange.Plain {
		base += readNoted(m.Encoding).forName()
	}
	name := base
	for i := 2; s.has(name); i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	s.taken = append(s.taken, shellName{m, name})
	return name
}

func (s *shellNames) has(name string) bool {
	return slices.ContainsFunc(s.taken, func(n shellName) bool { return n.name == name })
}

// comments say for which variables the bare value is not what the request needs.
func (s *shellNames) comments() []string {
	var out []string
	for _, n := range s.taken {
		if how := spelling(n.mark.Encoding); how != "" {
			out = append(out, "$"+n.name+" stands for "+how)
		}
	}
	return out
}

// spelling says how a value stands in the request, and which of several values of a name it is; "" for the plain and only one.
func spelling(e exchange.Encoding) string {
	n := readNoted(e)
	text := n.inWords()
	if n.number == "" {
		return text
	}
	return cmp.Or(text, "the value") + "; of the values this run had for it, number " + n.number
}

// noted is what masking notes about the text that a mark stands for: how it was spelled, which line of the value it is when it
// is one, which of the name's values, and whether the spelling is an unusual one. What else there is, is for programs.
type noted struct {
	kind         exchange.Encoding
	line, number string // "" for the whole and the only value
	unusual      bool
}

func readNoted(e exchange.Encoding) noted {
	text, _, unusual := strings.Cut(string(e), "~")
	text, number, _ := strings.Cut(text, "#")
	text, line, _ := strings.Cut(text, "@")
	kind, _, _ := strings.Cut(text, ":")
	return noted{kind: exchange.Encoding(kind), line: line, number: number, unusual: unusual}
}

const asSent = "as the request had it"

func (n noted) inWords() string {
	switch n.kind {
	case "derived":
		return "what a function made of the value"
	case "unsearched":
		return "the rest of the text, " + asSent + ": it was too long to be searched for the value"
	}
	how := kindInWords(n.kind)
	if n.unusual && !strings.Contains(how, asSent) {
		how = strings.TrimPrefix(how+", "+asSent, ", ")
	}
	switch {
	case n.line != "" && how != "":
		return "line " + n.line + " of the value, " + how
	case n.line != "":
		return "line " + n.line + " of the value"
	case how != "":
		return "the value " + how
	}
	return ""
}

// kindInWords goes on after "the value".
func kindInWords(e exchange.Encoding) string {
	switch e {
	case exchange.Plain:
		return ""
	case exchange.Base64, exchange.Base64URL:
		return "in " + string(e) + ", " + asSent + " (user:password in basic authentication)"
	case exchange.URLEncoded, exchange.FormEncoded:
		return "percent-encoded"
	case "url-url":
		return "percent-encoded twice"
	case "form-decoded":
		return "the value as it reads when a form is decoded, with a space for each +"
	case exchange.JSONEscaped, exchange.JSONHTML, exchange.JSONInJSON:
		return "escaped as inside a JSON string"
	case "misread":
		return "with its bytes read in another character set, " + asSent
	case exchange.XMLEscaped:
		return "escaped as in XML"
	}
	return "in another spelling, " + asSent
}

// forName returns the same as a part of a variable's name, "" for the plain and only value.
func (n noted) forName() string {
	var out string
	if n.kind != exchange.Plain {
		out += "_" + shellFit(string(n.kind))
	}
	if n.line != "" {
		out += "_line" + shellFit(n.line)[1:]
	}
	if n.number != "" {
		out += shellFit(n.number)
	}
	return out
}

// ownedByShell are variables that a shell sets for itself or that a user has set for other programs.
var ownedByShell = strings.Fields("BASH ENV HOME HOST HOSTNAME IFS LANG LOGNAME MAIL OLDPWD PATH PPID PS1 PS2 PS4 PWD SHELL TERM UID USER USERNAME")

// shellFit makes a name fit for a shell variable.
func shellFit(name string) string {
	fit := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	fit = cmp.Or(fit, "secret")
	if fit[0] >= '0' && fit[0] <= '9' {
		fit = "_" + fit
	}
	if slices.Contains(ownedByShell, fit) || fit == "_" {
		fit += "_value"
	}
	return fit
}
