// A look-alike of the Marknote XML library: the part of it that reads documents and writes them again. It never fetches
// anything.
(function (parse) {
  "use strict";

  const escape = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const escapeAttribute = (text) => escape(text).replace(/"/g, "&quot;");

  class Attribute {
    constructor(name, value) {
      this.name = name;
      this.value = value;
    }
    getName() { return this.name; }
    setName(name) { this.name = name; }
    getValue() { return this.value; }
    setValue(value) { this.value = value; }
    toString() { return `${this.name}="${escapeAttribute(this.value)}"`; }
  }

  class Text {
    constructor(text) { this.text = text === undefined ? "" : String(text); }
    getText() { return this.text; }
    setText(text) { this.text = String(text); }
    toString() { return escape(this.text); }
  }

  class CDATA extends Text {
    toString() { return `<![CDATA[${this.text}]]>`; }
  }

  class Comment extends Text {
    toString() { return `<!--${this.text}-->`; }
  }

  class Element {
    constructor(name) {
      this.name = name;
      this.attributes = [];
      this.contents = [];
    }
    getName() { return this.name; }
    setName(name) { this.name = name; }

    hasContents() { return this.contents.length > 0; }
    getContents() { return this.contents; }
    getContentAt(index) { return this.contents[index]; }
    addContent(content) { this.contents.push(content); }
    removeContent(index) { this.contents.splice(index, 1); }
    setContents(contents) { this.contents = contents; }

    getText() {
      return this.contents.filter(isText).map((content) => content.text).join("");
    }
    setText(text) {
      this.removeText();
      this.contents.push(new Text(text));
    }
    setCDATAText(text) {
      this.removeText();
      this.contents.push(new CDATA(text));
    }
    removeText() { this.contents = this.contents.filter((content) => !isText(content)); }
    getCommentText() {
      return this.contents.filter((content) => content instanceof Comment).map((content) => content.text).join("");
    }

    // Without a name: all of them.
    getChildElements(name) {
      return this.contents.filter((content) => content instanceof Element && (!name || content.name === name));
    }
    // False, not null, when there is none: that is what scripts for Marknote check.
    getChildElement(name) { return this.getChildElements(name)[0] || false; }
    getChildElementAt(index) { return this.getChildElements()[index]; }
    addChildElement(element) { this.contents.push(element); }
    removeChildElement(name) {
      const at = this.contents.findIndex((content) => content instanceof Element && content.name === name);
      if (at >= 0) {
        this.contents.splice(at, 1);
      }
    }

    getAttributes() { return this.attributes; }
    setAttributes(attributes) { this.attributes = attributes; }
    getAttribute(name) { return this.attributes.find((attribute) => attribute.name === name) || false; }
    getAttributeAt(index) { return this.attributes[index]; }
    getAttributeValue(name) {
      const attribute = this.getAttribute(name);
      return attribute ? attribute.value : "";
    }
    setAttribute(name, value) {
      const attribute = this.getAttribute(name);
      if (attribute) {
        attribute.value = value;
      } else {
        this.attributes.push(new Attribute(name, value));
      }
    }
    removeAttribute(name) { this.attributes = this.attributes.filter((attribute) => attribute.name !== name); }

    toString() {
      const start = [this.name, ...this.attributes].join(" ");
      return this.contents.length ? `<${start}>${this.contents.join("")}</${this.name}>` : `<${start}/>`;
    }
  }

  const isText = (content) => content instanceof Text && !(content instanceof Comment);

  class Document {
    constructor(root) { this.rootElement = root; }
    getRootElement() { return this.rootElement; }
    setRootElement(root) { this.rootElement = root; }
    toString() { return String(this.rootElement); }
  }

  function build(node, keepSpace) {
    const element = new Element(node.name);
    element.attributes = node.attrs.map(([name, value]) => new Attribute(name, value));
    for (const child of node.children) {
      if (child.kind === "element") {
        element.contents.push(build(child, keepSpace));
      } else if (child.kind === "comment") {
        element.contents.push(new Comment(child.text));
      } else if (keepSpace || child.text.trim() !== "") {
        element.contents.push(new Text(child.text));
      }
    }
    return element;
  }

  class Parser {
    constructor() { this.ignoreWhitespace = true; }
    isIgnoreWhitespace() { return this.ignoreWhitespace; }
    setIgnoreWhitespace(ignore) { this.ignoreWhitespace = Boolean(ignore); }
    parse(xml) { return new Document(build(parse(xml), !this.ignoreWhitespace)); }
    parseURL() { throw new Error("marknote: fetching documents is disabled"); }
  }

  return { Parser, Document, Element, Attribute, Text, CDATA, Comment };
});
