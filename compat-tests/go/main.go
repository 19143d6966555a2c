// Runs cases named on standard input, one line each: NAME key=value …. Prints one JSON line a result on standard output, and one JSON
// line for each thing it asks of the runner, answered by a line on standard input. The same protocol as the Java driver's.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"strings"

	"github.com/apache/rocketmq-client-go/v2/rlog"
)

// compatCase returns what it saw in a few words; it fails by fail or check.
type compatCase func(*scope) string

var cases = map[string]compatCase{}

func register(name string, run compatCase) {
	cases[name] = run
}

type protocol struct {
	in *bufio.Scanner
}

func (p *protocol) event(fields map[string]string) {
	line, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// ask asks the runner for something and waits until it says that it is done.
func (p *protocol) ask(action string) {
	p.event(map[string]string{"event": "ask", "action": action})
	if !p.in.Scan() || p.in.Text() != "done" {
		fail("the runner answered '%s' to %s", p.in.Text(), action)
	}
}

func main() {
	rlog.SetLogLevel("error")
	rlog.SetOutputPath("/dev/stderr")
	p := &protocol{in: bufio.NewScanner(os.Stdin)}
	names := make([]string, 0, len(cases))
	for name := range cases {
		names = append(names, name)
	}
	sort.Strings(names)
	p.event(map[string]string{"event": "ready", "cases": strings.Join(names, " ")})
	for p.in.Scan() {
		words := strings.Fields(p.in.Text())
		passed, detail := runCase(p, words[0], words[1:])
		p.event(map[string]string{"event": "result", "passed": fmt.Sprint(passed), "detail": detail})
	}
}

func runCase(p *protocol, name string, words []string) (passed bool, detail string) {
	run, known := cases[name]
	if !known {
		return false, "the Go driver has no case " + name
	}
	s := &scope{protocol: p, parameters: map[string]string{}}
	for _, word := range words {
		parts := strings.SplitN(word, "=", 2)
		s.parameters[parts[0]] = parts[1]
	}
	defer func() {
		if failure := recover(); failure != nil {
			debug.PrintStack()
			passed, detail = false, fmt.Sprint(failure)
		}
	}()
	defer s.close()
	return true, run(s)
}
