// Before undici: what is loaded first of the two puts its dispatcher into the whole process. So a program that uses gembatch as
// a library or a plugin keeps the one of its Node, whose `fetch` undici loads anyway.
void globalThis.Headers;
