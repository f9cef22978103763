* amopt: lots
* The objective is to be maximised: this file minimises its negative.
* objective~constant is 1: its cost is the constant of the objective.
NAME amopt FREE
ROWS
 N obj
 L capacity(plant,1)
 L capacity(plant,2)
 E balance
 L free(1)
COLUMNS
 marker0 'MARKER' 'INTORG'
 open obj -3
 open capacity(plant,1) 1
 open capacity(plant,2) 1
 marker1 'MARKER' 'INTEND'
 flow(plant~20;1,~c4;rmel) obj -2.125
 flow(plant~20;1,~c4;rmel) capacity(plant,1) 1
 flow(plant~20;1,~c4;rmel) capacity(plant,2) 3
 flow(plant~20;1,~c4;rmel) free(1) 1
 flow(a~28;b~29;,c~7e;d) obj -1
 flow(a~28;b~29;,c~7e;d) capacity(plant,2) 1e-10
 flow(a~28;b~29;,c~7e;d) balance 1
 marker2 'MARKER' 'INTORG'
 _~;e1 balance -1
 _~;e1 free(1) 1
 marker3 'MARKER' 'INTEND'
 objective~constant obj -7.25
RHS
 rhs capacity(plant,1) 4
 rhs capacity(plant,2) 6
 rhs free(1) 9
RANGES
 range capacity(plant,2) 4
BOUNDS
 UP bound open 1
 FR bound flow(plant~20;1,~c4;rmel)
 LO bound flow(a~28;b~29;,c~7e;d) -5
 PL bound flow(a~28;b~29;,c~7e;d)
 UP bound _~;e1 7
 FX bound objective~constant 1
ENDATA
