// The one script within the page, in its head. If the address has a search, it lets the list wait for the answer,
// before anything is seen. Then it brings the other script, again and again while a sync client has yet to do so.
// The lines are joined without their ends.
(function(root){
var asked=/[#&](q|type|in|by|tag|year|sort)=/.test(location.hash);
if(asked){root.setAttribute("data-asked","");root.setAttribute("data-state","results")}
/** @type {(wait: number) => void} */
function load(wait){
var script=document.createElement("script");
script.src=ADDRESS;
script.onerror=function(){script.remove();setTimeout(load,wait,Math.min(2*wait,60000))};
document.head.append(script)}
addEventListener("DOMContentLoaded",function(){
if(asked)/** @type {HTMLElement} */ (document.getElementById("results")).setAttribute("aria-busy","true");
load(1000)})
})(document.documentElement);
